using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.LongRunning;

namespace NodeAgent.Cli.Operations;

/// <summary><c>op cancel</c></summary>
internal static class OpCancel
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = OperationNames.AddTo(command);
        shell.Handle(command, async call =>
        {
            foreach (var name in call.Get(names).Select(OperationNames.Full))
            {
                await call.Agent.Operations.CancelOperationAsync(new CancelOperationRequest { Name = name }, call.Unary);
                call.Printer.Line(call.Printer.ForPeople ? $"{name}: asked to stop" : name);
            }

            return ExitCode.Ok;
        });
    }
}
