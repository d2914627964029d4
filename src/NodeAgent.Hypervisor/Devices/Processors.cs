using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>The guest's processors: model, number and how they are arranged.</summary>
internal static class Processors
{
    public static void Add(ArgumentList arguments, CpuSpec cpu, string model)
    {
        arguments.Option("-cpu", OptionText.Value(model));

        // All of it is said: what QEMU fills in by itself has changed between versions.
        var topology = cpu.Topology ?? new CpuTopology(1, 1, cpu.Vcpus, 1);
        var dies = arguments.Family == MachineFamily.Microvm ? "" : $"dies={topology.Dies},";
        arguments.Option(
            "-smp",
            $"cpus={cpu.Vcpus},maxcpus={cpu.Vcpus},sockets={topology.Sockets},{dies}cores={topology.Cores},threads={topology.Threads}");
    }
}
