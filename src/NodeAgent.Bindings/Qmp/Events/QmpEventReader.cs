using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NodeAgent.Bindings.Qmp.Events;

/// <summary>Reads what an event says. To add one: its record, its line in <see cref="EventJson"/>, its line here.</summary>
public static class QmpEventReader
{
    private static readonly QmpEventData.Unknown Unknown = new();

    /// <summary>Reads the data of an event.</summary>
    /// <returns>A record of its own kind, or <see cref="QmpEventData.Unknown"/>.</returns>
    /// <exception cref="QmpException">
    /// <see cref="QmpError.ProtocolError"/>: it is an event that we know, but its data is not what QAPI promises.
    /// </exception>
    public static QmpEventData Read(QmpEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Name switch
        {
            "SHUTDOWN" => Data(item, EventJson.Default.Shutdown),
            "RESET" => Data(item, EventJson.Default.Reset),
            "STOP" => new QmpEventData.Stop(),
            "RESUME" => new QmpEventData.Resume(),
            "POWERDOWN" => new QmpEventData.Powerdown(),
            "SUSPEND" => new QmpEventData.Suspend(),
            "SUSPEND_DISK" => new QmpEventData.SuspendDisk(),
            "WAKEUP" => new QmpEventData.Wakeup(),
            "GUEST_PANICKED" => Data(item, EventJson.Default.GuestPanicked),
            "GUEST_CRASHLOADED" => Data(item, EventJson.Default.GuestCrashLoaded),
            "WATCHDOG" => Data(item, EventJson.Default.Watchdog),
            "BLOCK_IO_ERROR" => Data(item, EventJson.Default.BlockIoError),
            "BLOCK_WRITE_THRESHOLD" => Data(item, EventJson.Default.BlockWriteThreshold),
            "BLOCK_IMAGE_CORRUPTED" => Data(item, EventJson.Default.BlockImageCorrupted),
            "JOB_STATUS_CHANGE" => Data(item, EventJson.Default.JobStatusChange),
            "DEVICE_DELETED" => Data(item, EventJson.Default.DeviceDeleted),
            "DEVICE_UNPLUG_GUEST_ERROR" => Data(item, EventJson.Default.DeviceUnplugGuestError),
            "MEM_UNPLUG_ERROR" => Data(item, EventJson.Default.MemUnplugError),
            "UNPLUG_PRIMARY" => Data(item, EventJson.Default.UnplugPrimary),
            "RTC_CHANGE" => Data(item, EventJson.Default.RtcChange),
            "BALLOON_CHANGE" => Data(item, EventJson.Default.BalloonChange),
            "MEMORY_FAILURE" => Data(item, EventJson.Default.MemoryFailure),
            "MIGRATION" => Data(item, EventJson.Default.Migration),
            "VSERPORT_CHANGE" => Data(item, EventJson.Default.VserportChange),
            _ => Unknown,
        };
    }

    private static T Data<T>(QmpEvent item, JsonTypeInfo<T> type)
        where T : QmpEventData
    {
        try
        {
            return JsonSerializer.Deserialize(item.Data.Span, type) ?? throw new JsonException("the data is null");
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw new QmpException(
                QmpError.ProtocolError, $"event {item.Name} has unexpected data: {malformed.Message}", inner: malformed);
        }
    }
}
