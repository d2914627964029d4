namespace NodeAgent.Bindings.Qmp.Events;

/// <summary>
/// What an event says, one record an event that we understand. Words from QEMU's enumerations stay strings, since later
/// versions may add to them; see the QAPI reference for their meaning.
/// </summary>
public abstract record QmpEventData
{
    private QmpEventData()
    {
    }

    /// <summary>The machine shut down. With <c>-action shutdown=pause</c> QEMU stays, in state <c>shutdown</c>.</summary>
    /// <param name="Guest">Whether the guest did it.</param>
    /// <param name="Reason">QAPI <c>ShutdownCause</c>, such as <c>guest-shutdown</c> or <c>host-qmp-quit</c>.</param>
    public sealed record Shutdown(bool Guest, string Reason) : QmpEventData;

    /// <summary>The machine was reset.</summary>
    /// <param name="Guest">Whether the guest did it.</param>
    /// <param name="Reason">QAPI <c>ShutdownCause</c>, such as <c>guest-reset</c>.</param>
    public sealed record Reset(bool Guest, string Reason) : QmpEventData;

    /// <summary>The vCPUs stopped.</summary>
    public sealed record Stop : QmpEventData;

    /// <summary>The vCPUs run.</summary>
    public sealed record Resume : QmpEventData;

    /// <summary>The power button was pressed.</summary>
    public sealed record Powerdown : QmpEventData;

    /// <summary>The guest sleeps (ACPI S3).</summary>
    public sealed record Suspend : QmpEventData;

    /// <summary>The guest hibernates (ACPI S4).</summary>
    public sealed record SuspendDisk : QmpEventData;

    /// <summary>The guest woke up.</summary>
    public sealed record Wakeup : QmpEventData;

    /// <summary>The guest's kernel panicked.</summary>
    /// <param name="Action">What QEMU did: <c>pause</c>, <c>poweroff</c> or <c>run</c>.</param>
    public sealed record GuestPanicked(string Action) : QmpEventData;

    /// <summary>The guest's kernel panicked and loaded a crash kernel, which now runs.</summary>
    /// <param name="Action">What QEMU did, <c>run</c>.</param>
    public sealed record GuestCrashLoaded(string Action) : QmpEventData;

    /// <summary>The guest did not feed its watchdog.</summary>
    /// <param name="Action">What QEMU does: <c>reset</c>, <c>shutdown</c>, <c>poweroff</c>, <c>pause</c> and so on.</param>
    public sealed record Watchdog(string Action) : QmpEventData;

    /// <summary>A disk request failed on the host.</summary>
    /// <param name="Device">Name of an old style drive; empty for <c>-blockdev</c>.</param>
    /// <param name="Operation"><c>read</c> or <c>write</c>.</param>
    /// <param name="Action"><c>ignore</c>, <c>report</c> (to the guest) or <c>stop</c> (the guest was stopped).</param>
    /// <param name="Reason">For humans.</param>
    /// <param name="NodeName">The block node.</param>
    /// <param name="Nospace">Whether space ran out on the host; null when that cannot be told.</param>
    public sealed record BlockIoError(
        string Device, string Operation, string Action, string Reason, string? NodeName = null, bool? Nospace = null)
        : QmpEventData;

    /// <summary>A block node allocated beyond the threshold that was set.</summary>
    /// <param name="NodeName">The block node.</param>
    /// <param name="AmountExceeded">By how many bytes.</param>
    /// <param name="WriteThreshold">The threshold, in bytes.</param>
    public sealed record BlockWriteThreshold(string NodeName, long AmountExceeded, long WriteThreshold) : QmpEventData;

    /// <summary>An image is corrupt.</summary>
    /// <param name="Device">Name of an old style drive; empty for <c>-blockdev</c>.</param>
    /// <param name="Msg">For humans.</param>
    /// <param name="Fatal">Whether it can no longer be used.</param>
    /// <param name="NodeName">The block node.</param>
    public sealed record BlockImageCorrupted(string Device, string Msg, bool Fatal, string? NodeName = null) : QmpEventData;

    /// <summary>A job, such as a backup, went from one state to the next.</summary>
    /// <param name="Id">The job.</param>
    /// <param name="Status">QAPI <c>JobStatus</c>, such as <c>running</c> or <c>concluded</c>.</param>
    public sealed record JobStatusChange(string Id, string Status) : QmpEventData;

    /// <summary>A device is gone: the guest let go of it, or it was forced.</summary>
    /// <param name="Path">Its place in the object tree.</param>
    /// <param name="Device">Its id, if it had one.</param>
    public sealed record DeviceDeleted(string Path, string? Device = null) : QmpEventData;

    /// <summary>The guest refused to let go of a device.</summary>
    /// <param name="Path">Its place in the object tree.</param>
    /// <param name="Device">Its id, if it had one.</param>
    public sealed record DeviceUnplugGuestError(string Path, string? Device = null) : QmpEventData;

    /// <summary>The guest refused to let go of memory.</summary>
    /// <param name="Device">The memory device.</param>
    /// <param name="Msg">For humans.</param>
    public sealed record MemUnplugError(string Device, string Msg) : QmpEventData;

    /// <summary>The primary device of a fail-over pair was asked to leave.</summary>
    /// <param name="DeviceId">The device.</param>
    public sealed record UnplugPrimary(string DeviceId) : QmpEventData;

    /// <summary>The guest set its clock.</summary>
    /// <param name="Offset">Its distance from the host's clock, in seconds.</param>
    public sealed record RtcChange(long Offset) : QmpEventData;

    /// <summary>The guest's memory became smaller or larger.</summary>
    /// <param name="Actual">Memory that it has now, in bytes.</param>
    public sealed record BalloonChange(long Actual) : QmpEventData;

    /// <summary>The host's hardware reported broken memory.</summary>
    /// <param name="Recipient">Whose memory it is: <c>hypervisor</c> or <c>guest</c>.</param>
    /// <param name="Action">What was done: <c>ignore</c>, <c>inject</c>, <c>fatal</c> or <c>reset</c>.</param>
    public sealed record MemoryFailure(string Recipient, string Action) : QmpEventData;

    /// <summary>A migration went from one state to the next.</summary>
    /// <param name="Status">QAPI <c>MigrationStatus</c>, such as <c>completed</c>.</param>
    public sealed record Migration(string Status) : QmpEventData;

    /// <summary>The guest opened or closed a virtio-serial port.</summary>
    /// <param name="Id">The port.</param>
    /// <param name="Open">Whether it is open now.</param>
    public sealed record VserportChange(string Id, bool Open) : QmpEventData;

    /// <summary>An event that this version of NodeAgent does not know; the raw event says all there is.</summary>
    public sealed record Unknown : QmpEventData;
}
