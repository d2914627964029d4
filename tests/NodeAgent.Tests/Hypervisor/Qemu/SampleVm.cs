using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>Definitions to begin a test with.</summary>
internal static class SampleVm
{
    public static VmDefinition Define(VmSpec spec, string name = "web") => new()
    {
        Id = Guid.Parse("6b1f7a3e-5a10-4c43-9f7e-0c2d8a3b1e57"),
        Name = name,
        Spec = spec,
        Generation = 3,
    };

    public static VmSpec Plain => new() { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 64L << 20 };

    public static VmSpec Bare => Plain with { Rng = false, Balloon = false, Console = null };
}
