using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Metrics;

/// <summary>Snapshots and samples as the floor below publishes them.</summary>
internal static class SampleNode
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static VmSnapshot Stopped(string name, Guid? id = null, VmExit? exit = null) => new()
    {
        Definition = new VmDefinition
        {
            Id = id ?? Guid.NewGuid(),
            Name = name,
            Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 2 }, MemoryBytes = 1L << 30 },
        },
        State = new VmState.Stopped(exit),
        StateTime = Noon,
        LastExit = exit,
    };

    public static VmSnapshot Running(VmSnapshot vm, Guid? run = null) => vm with
    {
        State = new VmState.Running(),
        Run = new VmRun
        {
            Id = run ?? Guid.NewGuid(),
            Process = new ProcessIdentity(4711, 1, "boot"),
            StartTime = Noon,
            Boot = new BootContract
            {
                QemuBinary = "/usr/bin/qemu-system-x86_64",
                QemuVersion = "7.2.22",
                Machine = "pc-q35-7.2",
                CpuModel = "max",
                Arguments = ["-S"],
                Devices = [],
                SpecGeneration = 1,
                Accelerator = Accelerator.Tcg,
                AcceleratorReason = "KVM only emulates here.",
            },
        },
    };

    public static VmStats Stats(int scale = 1, int vcpus = 2, int disks = 1) => new()
    {
        Time = Noon.AddSeconds(scale),
        RssBytes = 100_000_000 + scale,
        CpuTime = TimeSpan.FromSeconds(3 * scale),
        Vcpus = [.. Enumerable.Range(0, vcpus).Select(index => new VcpuStats(index, TimeSpan.FromSeconds(scale), index == 0 ? 1000L * scale : 500L * scale))],
        Blocks = [.. Enumerable.Range(0, disks).Select(index => new BlockStats($"disk{index}", 10 * scale, 20 * scale, 30 * scale, 40 * scale, 50 * scale))],
        BalloonBytes = 1L << 30,
    };
}
