using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Events;

/// <summary>How the data of events is written in JSON; required members as for the commands.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = QmpMessage.MaxDepth)]
[JsonSerializable(typeof(QmpEventData.BalloonChange))]
[JsonSerializable(typeof(QmpEventData.BlockImageCorrupted))]
[JsonSerializable(typeof(QmpEventData.BlockIoError))]
[JsonSerializable(typeof(QmpEventData.BlockWriteThreshold))]
[JsonSerializable(typeof(QmpEventData.DeviceDeleted))]
[JsonSerializable(typeof(QmpEventData.DeviceUnplugGuestError))]
[JsonSerializable(typeof(QmpEventData.GuestCrashLoaded))]
[JsonSerializable(typeof(QmpEventData.GuestPanicked))]
[JsonSerializable(typeof(QmpEventData.JobStatusChange))]
[JsonSerializable(typeof(QmpEventData.MemoryFailure))]
[JsonSerializable(typeof(QmpEventData.MemUnplugError))]
[JsonSerializable(typeof(QmpEventData.Migration))]
[JsonSerializable(typeof(QmpEventData.Reset))]
[JsonSerializable(typeof(QmpEventData.RtcChange))]
[JsonSerializable(typeof(QmpEventData.Shutdown))]
[JsonSerializable(typeof(QmpEventData.UnplugPrimary))]
[JsonSerializable(typeof(QmpEventData.VserportChange))]
[JsonSerializable(typeof(QmpEventData.Watchdog))]
internal sealed partial class EventJson : JsonSerializerContext;
