using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Rpc;

/// <summary>
/// The contract's VM as the model's: the only way in. It names what has no name, fills in what the contract says an
/// unset field means, and objects to what the contract can express and the model can't. Ranges and the host's
/// limits are the floor's to check.
/// </summary>
internal static class SpecReader
{
    /// <summary>Reads id, name, labels and spec.</summary>
    /// <param name="vm">The contract's VM.</param>
    /// <param name="id">The VM's id: given by the caller, or made for it.</param>
    /// <exception cref="Hypervisor.Vms.VmException">It can't be read; the violations name the fields.</exception>
    public static VmDefinition Read(V1.Vm vm, Guid id)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var violations = new Violations();
        if (UnknownFields.FindPath(vm) is { } path)
        {
            violations.Add(path, "It holds a field that this agent does not know; a newer agent might.");
        }

        if (vm.Spec is null)
        {
            violations.Add("spec", "It must be set.");
        }

        var definition = new VmDefinition
        {
            Id = id,
            Name = vm.Name,
            Labels = vm.Labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Spec = ReadSpec(vm.Spec ?? new V1.VmSpec(), id, violations),
        };
        violations.ThrowIfAny();
        return definition;
    }

    /// <summary>Reads an id that the caller may have chosen; makes one where it did not.</summary>
    public static Guid ReadId(string id) =>
        id.Length == 0 ? Guid.NewGuid()
        : Guid.TryParseExact(id, "D", out var parsed) && parsed != Guid.Empty ? parsed
        : throw Violations.Single("vm.id", "Not a UUID. Write 8-4-4-4-12 hexadecimal digits, or leave it out.");

    private static VmSpec ReadSpec(V1.VmSpec spec, Guid id, Violations violations)
    {
        var devices = new DeviceReader(violations, id);
        var policies = new PolicyReader(violations);
        return new VmSpec
        {
            Cpu = ReadCpu(spec.Cpu),
            MemoryBytes = spec.MemoryBytes,
            Machine = spec.Machine.Length == 0 ? "q35" : spec.Machine,
            Accelerator = spec.Accelerator switch
            {
                V1.Accelerator.Unspecified or V1.Accelerator.Auto => AcceleratorChoice.Auto,
                V1.Accelerator.Kvm => AcceleratorChoice.Kvm,
                V1.Accelerator.Tcg => AcceleratorChoice.Tcg,
                _ => violations.Unknown("spec.accelerator", spec.Accelerator, AcceleratorChoice.Auto),
            },
            Firmware = spec.Firmware switch
            {
                V1.Firmware.Unspecified or V1.Firmware.Bios => Firmware.Bios,
                _ => violations.Unknown("spec.firmware", spec.Firmware, Firmware.Bios),
            },
            Kernel = devices.Kernel(spec.Kernel),
            Disks = [.. spec.Disks.Select(devices.Disk)],
            NetworkInterfaces = [.. spec.NetworkInterfaces.Select(devices.Network)],
            Rng = !spec.HasRng || spec.Rng,
            Balloon = !spec.HasBalloon || spec.Balloon,
            Console = devices.Console(spec.Console),
            Display = spec.Display is { Vnc: true } ? new DisplaySpec(true) : null,
            BootOrder = [.. spec.BootOrder],
            OnPanic = policies.Panic(spec.OnPanic),
            Watchdog = policies.Watchdog(spec.Watchdog),
            Restart = policies.Restart(spec.Restart),
            Autostart = policies.Autostart(spec.Autostart),
            Shutdown = policies.Shutdown(spec.Shutdown),
            Resources = PolicyReader.Resources(spec.Resources),
        };
    }

    private static CpuSpec ReadCpu(V1.CpuSpec? cpu) => new()
    {
        Vcpus = cpu?.Vcpus ?? 0,
        Topology = cpu?.Topology is { } topology
            ? new CpuTopology(topology.Sockets, OneIfUnset(topology.Dies), topology.Cores, OneIfUnset(topology.Threads))
            : null,
        Model = string.IsNullOrEmpty(cpu?.Model) ? null : cpu.Model,
    };

    // Sockets and cores must be said; few people think of dies and threads.
    private static int OneIfUnset(int count) => count == 0 ? 1 : count;
}
