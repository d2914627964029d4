using System.CommandLine;
using Google.Protobuf.Reflection;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm shutdown</c></summary>
internal static class VmShutdown
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var verb = new VmVerb(command, done: "shut down");
        var timeout = command.Duration("--timeout", "How long the guest may take, instead of what its spec says.");
        var fallback = command.Choice("--fallback", "What comes when it takes longer.", VmReflection.Descriptor.FindTypeByName<EnumDescriptor>("ShutdownFallback"));
        shell.Examples(command, "nodectl vm shutdown web", "nodectl vm shutdown web --timeout 30s --fallback force-stop");
        shell.Handle(command, call => verb.RunAsync(call, (vm, id, options) => call.Agent.Vms.ShutdownVmAsync(
            new ShutdownVmRequest { Vm = vm, RequestId = id, Timeout = call.Get(timeout), Fallback = (ShutdownFallback)(call.Get(fallback) ?? 0) },
            options)));
    }
}
