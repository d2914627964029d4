using System.Collections.Immutable;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>What a QEMU 7.2 says of itself, as far as a command line depends on it.</summary>
internal static class SampleQemu
{
    public static QemuCapabilities Capabilities { get; } = new()
    {
        Binary = "/usr/bin/qemu-system-x86_64",
        Version = "7.2.22",
        Accelerators = ["kvm", "tcg"],
        KvmEnabled = true,
        Machines =
        [
            new("microvm", null, 288, false, false),
            new("pc-i440fx-7.2", "pc", 255, true, false),
            new("pc-q35-5.2", null, 288, false, false),
            new("pc-q35-7.2", "q35", 288, false, false),
        ],
        CpuModels =
        [
            new("EPYC", false, ["sha-ni"], false),
            new("Nehalem", true, [], false),
            new("host", true, [], false),
            new("max", true, [], false),
            new("qemu64", false, ["svm"], false),
        ],
        Devices = Sorted(
            "VGA", "i6300esb", "isa-serial", "pcie-root-port", "pvpanic", "virtio-balloon-pci", "virtio-blk-device", "virtio-blk-pci",
            "virtio-net-device", "virtio-net-pci", "virtio-rng-device", "virtio-rng-pci"),
        Objects = Sorted("memory-backend-ram", "rng-random"),
        Options = Sorted("sandbox", "vnc"),
        Commands = [],
        NetworkBackends = Sorted("tap", "user"),
        ProbeTime = DateTimeOffset.UnixEpoch,
    };

    public static ImmutableArray<string> Sorted(params string[] names) => [.. names.Order(StringComparer.Ordinal)];
}
