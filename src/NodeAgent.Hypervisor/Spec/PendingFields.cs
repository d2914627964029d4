using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// What a running guest does not have yet of the spec it is meant to have. Policies (panic, restart, autostart,
/// shutdown) are the agent's own and in force at once; limits (resources) are as soon as systemd has taken them; everything
/// else is built into the process and waits for its next start.
/// </summary>
public static class PendingFields
{
    /// <summary>Compares the two.</summary>
    /// <param name="running">The spec that the process was started from.</param>
    /// <param name="wanted">The spec as it is now.</param>
    /// <returns>Paths of the fields that differ, as in the contract.</returns>
    public static ImmutableArray<string> Of(VmSpec running, VmSpec wanted)
    {
        ArgumentNullException.ThrowIfNull(running);
        ArgumentNullException.ThrowIfNull(wanted);
        if (ReferenceEquals(running, wanted))
        {
            return [];
        }

        (string Path, bool Differs)[] fields =
        [
            ("spec.cpu", running.Cpu != wanted.Cpu),
            ("spec.memory_bytes", running.MemoryBytes != wanted.MemoryBytes),
            ("spec.machine", running.Machine != wanted.Machine),
            ("spec.accelerator", running.Accelerator != wanted.Accelerator),
            ("spec.firmware", running.Firmware != wanted.Firmware),
            ("spec.kernel", running.Kernel != wanted.Kernel),
            ("spec.disks", !running.Disks.SequenceEqual(wanted.Disks)),
            ("spec.network_interfaces", !running.NetworkInterfaces.SequenceEqual(wanted.NetworkInterfaces)),
            ("spec.rng", running.Rng != wanted.Rng),
            ("spec.balloon", running.Balloon != wanted.Balloon),
            ("spec.console", running.Console != wanted.Console),
            ("spec.display", running.Display != wanted.Display),
            ("spec.boot_order", !running.BootOrder.SequenceEqual(wanted.BootOrder)),
            ("spec.watchdog", running.Watchdog != wanted.Watchdog),
            ("spec.resources", running.Resources != wanted.Resources),
        ];
        return [.. fields.Where(field => field.Differs).Select(field => field.Path)];
    }
}
