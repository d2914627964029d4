using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>
/// The host that a simulated node says it is: processors and memory are those of the real one, and by its name, its boot
/// and what it says of KVM and QEMU nobody can take it for a real node.
/// </summary>
public static class SimulatedHost
{
    private const string Version = "0.0.0", Program = "nodeagentd --simulate";

    private static readonly string[] Devices =
    [
        "isa-serial", "pcie-root-port", "pvpanic", "virtio-balloon-pci", "virtio-blk-device", "virtio-blk-pci", "virtio-net-device", "virtio-net-pci",
        "virtio-rng-device", "virtio-rng-pci", "i6300esb",
    ];

    /// <summary>Its KVM, which nobody asks: a simulation runs anywhere, and hundreds of it on one machine.</summary>
    public static KvmFacts Kvm { get; } = KvmFacts.Unusable("", KvmAvailability.NotAsked, "This node is simulated, and nobody has asked its KVM.");

    /// <summary>Which host it is: its name tells what it is, and it boots whenever the agent starts.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="bootTime">When the agent started.</param>
    public static MachineIdentity Identity(Guid nodeId, DateTimeOffset bootTime) =>
        new(nodeId.ToString("N"), $"sim-{nodeId.ToString("N")[..8]}", Guid.NewGuid(), bootTime);

    /// <summary>What its QEMU can do: what every spec without a display needs, under TCG.</summary>
    public static QemuProbeResult.Answered AskQemu(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return new QemuProbeResult.Answered(
            new QemuCapabilities
            {
                Binary = Program,
                Version = Version,
                Package = "simulated",
                Accelerators = ["tcg"],
                KvmEnabled = false,
                Machines = [Machine("pc-q35-0.0", "q35", isDefault: false), Machine("pc-i440fx-0.0", "pc", isDefault: true), Machine("microvm", null, isDefault: false)],
                CpuModels = [.. ((string[])["max", "qemu64", "qemu32"]).Select(name => new QemuCpuModel(name, null, [], false))],
                Devices = [.. Devices.Order(StringComparer.Ordinal)],
                Objects = ["memory-backend-ram", "rng-random"],
                Options = [],
                Commands = [],
                NetworkBackends = ["user"],
                ProbeTime = time.GetUtcNow(),
            },
            Cached: false);
    }

    private static QemuMachine Machine(string name, string? alias, bool isDefault) => new(name, alias, 288, isDefault, false);
}
