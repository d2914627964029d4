namespace NodeAgent.Hypervisor.Spec;

/// <summary>Machine, processors and memory.</summary>
internal static class MachineRules
{
    private const int MaxVcpus = 1024;
    private const int MaxTopologyPart = 1024;
    private const long MiB = 1024 * 1024;
    private const long MaxMemory = 16L * 1024 * 1024 * MiB;
    private const int MaxModelLength = 63;

    public static void Check(VmSpec spec, ViolationList violations)
    {
        var known = MachineName.TryGetFamily(spec.Machine, out var family);
        violations.Unless(
            known,
            "spec.machine",
            $"{SpecText.Quote(spec.Machine)} is not known; use \"q35\", \"pc\", \"microvm\" or a versioned type such as \"pc-q35-7.2\"");
        violations.Unless(
            spec.MemoryBytes is >= MiB and <= MaxMemory && spec.MemoryBytes % MiB == 0,
            "spec.memory_bytes",
            $"{spec.MemoryBytes} is not possible; give 1 MiB to 16 TiB in whole MiB (multiples of {MiB})");
        CheckCpu(spec.Cpu, known ? family : null, violations);
        if (known && family == MachineFamily.Microvm)
        {
            CheckMicrovm(spec, violations);
        }
    }

    private static void CheckCpu(CpuSpec cpu, MachineFamily? family, ViolationList violations)
    {
        violations.Unless(
            cpu.Vcpus is >= 1 and <= MaxVcpus, "spec.cpu.vcpus", $"{cpu.Vcpus} is not possible; give 1 to {MaxVcpus}");
        violations.Unless(
            cpu.Model is null || IsModel(cpu.Model),
            "spec.cpu.model",
            $"{SpecText.Quote(cpu.Model)} is no model's name; take one of the node's list, \"host\", \"max\", or leave it empty");
        if (cpu.Topology is not { } topology)
        {
            return;
        }

        (string Name, int Value)[] parts =
        [
            ("sockets", topology.Sockets), ("dies", topology.Dies), ("cores", topology.Cores), ("threads", topology.Threads),
        ];
        var wrong = parts.Where(part => part.Value is < 1 or > MaxTopologyPart).ToArray();
        foreach (var (name, value) in wrong)
        {
            violations.Add($"spec.cpu.topology.{name}", $"{value} is not possible; give 1 to {MaxTopologyPart}");
        }

        violations.Unless(
            wrong.Length > 0 || topology.Product == cpu.Vcpus,
            "spec.cpu.topology",
            $"sockets × dies × cores × threads is {topology.Product}, but spec.cpu.vcpus is {cpu.Vcpus}; make them equal, or leave the topology out");
        violations.Unless(
            family != MachineFamily.Microvm || topology.Dies == 1 || wrong.Length > 0,
            "spec.cpu.topology.dies",
            "a microvm has no dies; give 1");
    }

    private static void CheckMicrovm(VmSpec spec, ViolationList violations)
    {
        violations.Unless(
            spec.Kernel is not null,
            "spec.kernel",
            "a microvm's firmware boots no disk; give a kernel, or take \"q35\" as spec.machine");
        violations.Unless(
            spec.Watchdog is null,
            "spec.watchdog",
            "a microvm has no PCI and so no i6300esb watchdog; leave it out, or take \"q35\" as spec.machine");
        violations.Unless(
            spec.Display is not { Vnc: true },
            "spec.display.vnc",
            "a microvm has no PCI and so no graphics; leave it out, or take \"q35\" as spec.machine");
    }

    private static bool IsModel(string model) =>
        model.Length is > 0 and <= MaxModelLength
        && char.IsAsciiLetterOrDigit(model[0])
        && model.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
