using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Units;

/// <summary>How much of the host a VM's unit may use; systemd.resource-control(5). All of it can be changed while it runs.</summary>
internal static class UnitLimits
{
    private const ulong Infinity = ulong.MaxValue;

    /// <param name="spec">The VM.</param>
    /// <param name="accelerator">What executes its instructions.</param>
    public static IEnumerable<UnitProperty> Properties(VmSpec spec, Accelerator accelerator)
    {
        var limits = spec.Resources;
        yield return new("CPUAccounting", UnitValue.Of(true));
        yield return new("MemoryAccounting", UnitValue.Of(true));
        yield return new("TasksAccounting", UnitValue.Of(true));
        yield return new("CPUWeight", UnitValue.Of((ulong)(limits.CpuWeight ?? 100)));
        yield return new("CPUQuotaPerSecUSec", UnitValue.Of(limits.CpuQuotaPercent is { } percent ? (ulong)percent * 10_000 : Infinity));
        yield return new("IOWeight", UnitValue.Of((ulong)(limits.IoWeight ?? 100)));

        // No step before the end (MemoryHigh). Above that mark the kernel, in cgroups of version 2, puts whoever allocates to
        // sleep, and what QEMU leaks cannot be reclaimed: one that wanted 1 GiB too much got 1 MiB a second, and it hung,
        // monitor and guest, for four minutes until it was killed. Caches are reclaimed at MemoryMax just as well. It is
        // said here because guests of an earlier agent have such a mark.
        var most = limits.MemoryMaxBytes is { } asked
            ? Math.Max(asked, spec.MemoryBytes + QemuMemory.Least)
            : QemuMemory.Enough(spec.MemoryBytes, translates: accelerator == Accelerator.Tcg);
        yield return new("MemoryHigh", UnitValue.Of(Infinity));
        yield return new("MemoryMax", UnitValue.Of((ulong)most));

        // Threads: the vCPUs, and those that do I/O, which QEMU makes as it needs them.
        yield return new("TasksMax", UnitValue.Of((ulong)(spec.Cpu.Vcpus + 512)));
    }
}
