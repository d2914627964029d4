using System.CommandLine;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm reset</c></summary>
internal static class VmReset
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "reset");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) =>
            call.Agent.Vms.ResetVmAsync(new ResetVmRequest { Vm = vm, RequestId = id }, options)));
    }
}
