using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm list</c></summary>
internal static class VmList
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var filter = Filter(command);
        var paging = new Paging(command, usual: 1000);
        var watch = command.Flag("--watch", "Go on and show every change.");
        shell.Examples(command, "nodectl vm list", "nodectl vm list --filter state=running -o name", "nodectl vm list --filter labels.tier=db -o wide");
        shell.Handle(command, async call =>
        {
            if (call.Get(watch))
            {
                return await VmFeed.RunAsync(call, call.Get(filter) ?? "", []);
            }

            var (vms, next) = await paging.ReadAsync<Vm>(call, async (size, token) =>
            {
                var page = await call.Agent.Vms.ListVmsAsync(
                    new ListVmsRequest { Filter = call.Get(filter) ?? "", PageSize = size, PageToken = token }, call.Unary);
                return (page.Vms, page.NextPageToken);
            });
            call.Printer.Many(vms, new ListVmsResponse { Vms = { vms }, NextPageToken = next }, VmColumns.For(call.Time), v => v.Name);
            return ExitCode.Ok;
        });
    }

    /// <summary>Adds the option that chooses VMs.</summary>
    public static Option<string?> Filter(Command command) =>
        command.Text("--filter", "TERMS", "Only VMs that match: state=running, name=web, labels.tier=db, joined by AND.");
}
