using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm watch</c></summary>
internal static class VmWatch
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = VmNames.Several(command, least: 0);
        var filter = VmList.Filter(command);
        shell.Examples(command, "nodectl vm watch", "nodectl vm watch web -o json");
        shell.Handle(command, async call =>
        {
            var ids = new List<string>();
            foreach (var name in call.Get(names))
            {
                ids.Add((await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = name }, call.Unary)).Id);
            }

            return await VmFeed.RunAsync(call, call.Get(filter) ?? "", ids);
        });
    }
}
