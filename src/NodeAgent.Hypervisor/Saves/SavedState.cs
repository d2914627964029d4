using System.Collections.Immutable;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Saves;

/// <summary>
/// A guest that stands still on disk: its memory and devices in a file of the agent's, and all that is needed to go on
/// from there. On record only while the file is whole and the guest has not run since; members may be added, never
/// renamed.
/// </summary>
public sealed record SavedState
{
    /// <summary>The run that was saved.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The file's name, in the VM's state directory.</summary>
    public required string File { get; init; }

    /// <summary>The file's length in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Since when the guest has stood still.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Whether the host's shutdown was the reason; such a guest goes on after the boot by itself.</summary>
    public required bool ByHost { get; init; }

    /// <summary>Whether the guest's CPUs ran when it was saved; they are left standing where they did not.</summary>
    public required bool CpusRan { get; init; }

    /// <summary>What the run was started with. A state fits no other machine than the one it was taken from.</summary>
    public required BootContract Boot { get; init; }

    /// <summary>The spec that the run was started from.</summary>
    public required VmSpec Spec { get; init; }

    /// <summary>The files under the guest's disks as it left them.</summary>
    public ImmutableArray<DiskMark> Disks { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>What a QEMU that goes on from here is started with.</summary>
    /// <exception cref="IOException">A disk of the spec is nowhere to be found.</exception>
    public BootContract IncomingBoot() => Boot with
    {
        Arguments = [.. WithoutIncoming(Boot).Arguments, IncomingOption, "defer"],
        Files = DiskMark.Relocate(Boot.Files, Disks),
    };

    /// <summary>Whether a QEMU of these arguments was started to go on from a saved state.</summary>
    public static bool IsIncoming(IEnumerable<string> arguments) => arguments.Contains(IncomingOption);

    /// <summary>A contract as of a guest that was booted, wherever its run came from.</summary>
    public static BootContract WithoutIncoming(BootContract boot)
    {
        ArgumentNullException.ThrowIfNull(boot);
        var at = boot.Arguments.IndexOf(IncomingOption);
        return at < 0 ? boot : boot with { Arguments = boot.Arguments.RemoveRange(at, 2) };
    }

    private const string IncomingOption = "-incoming";
}
