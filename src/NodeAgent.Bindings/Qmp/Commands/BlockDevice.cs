using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>A drive of the guest (QAPI <c>BlockInfo</c>).</summary>
/// <param name="Device">Name of an old style drive; empty for <c>-blockdev</c>.</param>
/// <param name="Removable">Whether the medium can be taken out.</param>
/// <param name="Locked">Whether the guest holds the medium.</param>
/// <param name="Qdev">The guest's device: its id or its path in the object tree.</param>
/// <param name="Inserted">The medium; null when there is none.</param>
/// <param name="TrayOpen">Whether the tray is open; null without a tray.</param>
/// <param name="IoStatus">Result of the last request; null where the device keeps none.</param>
public sealed record BlockDevice(
    string Device,
    bool Removable,
    bool Locked,
    string? Qdev = null,
    BlockNode? Inserted = null,
    [property: JsonPropertyName("tray_open")] bool? TrayOpen = null,
    BlockIoStatus? IoStatus = null);

/// <summary>Result of a drive's last request (QAPI <c>BlockDeviceIoStatus</c>).</summary>
[JsonConverter(typeof(OpenEnumConverter<BlockIoStatus>))]
public enum BlockIoStatus
{
    /// <summary>A result that this version of NodeAgent does not know.</summary>
    Unknown,

    /// <summary>It went well.</summary>
    Ok,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>There was no space left on the host.</summary>
    Nospace,
}
