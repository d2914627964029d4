using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm start</c></summary>
internal static class VmStart
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "started");
        var paused = command.Flag("--paused", "Leave the CPUs standing before their first instruction.");
        var discard = command.Flag("--discard-saved-state", "Boot also a VM that was suspended to disk, and drop what was saved.");
        shell.Examples(command, "nodectl vm start web db", "nodectl vm start web --paused --no-wait");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) =>
            call.Agent.Vms.StartVmAsync(new StartVmRequest { Vm = vm, RequestId = id, Paused = call.Get(paused), DiscardSavedState = call.Get(discard) }, options)));
    }
}
