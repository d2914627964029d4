using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm stop</c></summary>
internal static class VmStop
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "stopped");
        var force = command.Flag("--force", "Kill QEMU at once, whatever else goes on, instead of letting it flush its disks.");
        shell.Examples(command, "nodectl vm stop web --force");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) =>
            call.Agent.Vms.StopVmAsync(new StopVmRequest { Vm = vm, RequestId = id, Force = call.Get(force) }, options)));
    }
}
