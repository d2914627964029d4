using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.LongRunning;

namespace NodeAgent.Cli.Operations;

/// <summary><c>op list</c></summary>
internal static class OpList
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var filter = command.Text("--filter", "TERMS", "Only operations that match, for instance 'done=false AND vm=web'.");
        var paging = new Paging(command, usual: 100);
        shell.Examples(command, "nodectl op list --filter done=false");
        shell.Handle(command, async call =>
        {
            var (operations, next) = await paging.ReadAsync<Operation>(call, async (size, token) =>
            {
                var page = await call.Agent.Operations.ListOperationsAsync(
                    new ListOperationsRequest { Filter = call.Get(filter) ?? "", PageSize = size, PageToken = token }, call.Unary);
                return (page.Operations, page.NextPageToken);
            });
            call.Printer.Many(
                operations, new ListOperationsResponse { Operations = { operations }, NextPageToken = next }, OperationColumns.For(call.Time), o => o.Name);
            return ExitCode.Ok;
        });
    }
}
