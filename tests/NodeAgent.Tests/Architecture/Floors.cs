using ArchUnitNET.Loader;
using NodeAgent.Bindings.Linux;
using NodeAgent.Cli;
using NodeAgent.Hosting;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Unit;
using Assembly = System.Reflection.Assembly;

namespace NodeAgent.Tests.Architecture;

/// <summary>The projects that ship, as assemblies and as what their code depends on.</summary>
internal static class Floors
{
    public static Assembly Bindings { get; } = typeof(KernelFiles).Assembly;

    public static Assembly Hypervisor { get; } = typeof(VmLifecycle).Assembly;

    public static Assembly Contract { get; } = typeof(V1.Vm).Assembly;

    public static Assembly Daemon { get; } = typeof(AgentServer).Assembly;

    public static Assembly Cli { get; } = typeof(Nodectl).Assembly;

    public static Assembly Unit { get; } = typeof(EndNote).Assembly;

    /// <summary>Every project under src, by name.</summary>
    public static IReadOnlyDictionary<string, Assembly> ByProject { get; } = new Dictionary<string, Assembly>(StringComparer.Ordinal)
    {
        ["NodeAgent.Bindings"] = Bindings,
        ["NodeAgent.Hypervisor"] = Hypervisor,
        ["NodeAgent.Contract"] = Contract,
        ["NodeAgent"] = Daemon,
        ["NodeAgent.Cli"] = Cli,
        ["NodeAgent.Unit"] = Unit,
    };

    /// <summary>
    /// Which type uses which, read from the compiled code of the hand-written projects, closures and state machines
    /// included: namespace and name of the user, namespace and name of the used.
    /// </summary>
    public static IReadOnlyList<(string FromSpace, string From, string ToSpace, string To)> Uses { get; } =
    [
        .. new ArchLoader().LoadAssemblies(Bindings, Hypervisor, Daemon, Cli, Unit).Build().Types
            .SelectMany(type => type.Dependencies)
            .Select(use => (use.Origin.Namespace?.FullName ?? "", use.Origin.Name, use.Target.Namespace?.FullName ?? "", use.Target.Name))
            .Distinct(),
    ];
}
