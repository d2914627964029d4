using System.Runtime.InteropServices;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What a launcher starts.</summary>
public sealed record LaunchRequest
{
    /// <summary>The VM.</summary>
    public required Guid VmId { get; init; }

    /// <summary>The run; a new one at each start.</summary>
    public required Guid RunId { get; init; }

    /// <summary>Its name, for people who look at the host.</summary>
    public required string Name { get; init; }

    /// <summary>What was asked for.</summary>
    public required VmSpec Spec { get; init; }

    /// <summary>What is started.</summary>
    public required BootContract Boot { get; init; }

    /// <summary>Descriptors that it finds as 3, 4, 5, …</summary>
    public required IReadOnlyList<SafeHandle> Descriptors { get; init; }

    /// <summary>Where its log goes and where it may make sockets.</summary>
    public required RunDirectory Directory { get; init; }

    /// <summary>All of the environment that QEMU gets.</summary>
    public static IReadOnlyList<string> Environment { get; } = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"];
}
