using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm pause</c></summary>
internal static class VmPause
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "paused");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) =>
            call.Agent.Vms.PauseVmAsync(new PauseVmRequest { Vm = vm, RequestId = id }, options)));
    }
}
