using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm reboot</c></summary>
internal static class VmReboot
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "rebooted");
        var timeout = command.Duration("--timeout", "How long the guest may take to shut down.");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) =>
            call.Agent.Vms.RebootVmAsync(new RebootVmRequest { Vm = vm, RequestId = id, Timeout = call.Get(timeout) }, options)));
    }
}
