using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>A migration, the present or the last one (QAPI <c>MigrationInfo</c>); all null when there was none.</summary>
/// <param name="Status">Its state.</param>
/// <param name="Ram">Progress with the memory.</param>
/// <param name="TotalTime">Time since its start, in milliseconds.</param>
/// <param name="Downtime">How long the guest stood still, in milliseconds, once it is over.</param>
/// <param name="ErrorDesc">Why it failed.</param>
/// <param name="BlockedReasons">Why none can be started.</param>
public sealed record MigrationInfo(
    MigrationStatus? Status = null,
    MigrationProgress? Ram = null,
    long? TotalTime = null,
    long? Downtime = null,
    string? ErrorDesc = null,
    IReadOnlyList<string>? BlockedReasons = null);

/// <summary>Progress of a migration (QAPI <c>MigrationStats</c>), in bytes.</summary>
/// <param name="Transferred">Sent so far.</param>
/// <param name="Remaining">To be sent.</param>
/// <param name="Total">All of the guest's memory.</param>
public sealed record MigrationProgress(long Transferred, long Remaining, long Total);

/// <summary>State of a migration (QAPI <c>MigrationStatus</c>).</summary>
[JsonConverter(typeof(OpenEnumConverter<MigrationStatus>))]
public enum MigrationStatus
{
    /// <summary>A state that this version of NodeAgent does not know.</summary>
    Unknown,

    /// <summary>There was none.</summary>
    None,

    /// <summary>It is being prepared.</summary>
    Setup,

    /// <summary>It is being cancelled.</summary>
    Cancelling,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>Memory is being sent.</summary>
    Active,

    /// <summary>The guest runs at the other end and fetches what it needs.</summary>
    PostcopyActive,

    /// <summary>The link broke during post-copy.</summary>
    PostcopyPaused,

    /// <summary>Post-copy is being taken up again.</summary>
    PostcopyRecover,

    /// <summary>It succeeded.</summary>
    Completed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>The COLO phase.</summary>
    Colo,

    /// <summary>It waits for leave to switch over.</summary>
    PreSwitchover,

    /// <summary>The devices' state is being sent.</summary>
    Device,

    /// <summary>It waits for the guest to let go of a device.</summary>
    WaitUnplug,
}
