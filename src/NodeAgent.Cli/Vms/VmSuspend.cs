using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm suspend</c></summary>
internal static class VmSuspend
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "suspended");
        shell.Examples(command, "nodectl vm suspend web", "nodectl vm start web");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) =>
            call.Agent.Vms.SuspendVmAsync(new SuspendVmRequest { Vm = vm, RequestId = id }, options)));
    }
}
