using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Hypervisor.Events;

/// <summary>How bad an event is.</summary>
public enum EventSeverity
{
    /// <summary>As it should be.</summary>
    Info,

    /// <summary>Somebody may want to look.</summary>
    Warning,

    /// <summary>Something was lost or failed.</summary>
    Error,
}

/// <summary>What the ledger keeps of an event beside its number, time and kind.</summary>
/// <param name="Message">One sentence for people.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="VmName">The VM's name at the time.</param>
/// <param name="Details">The particulars, by kind.</param>
public sealed record EventPayload(
    string Message,
    EventSeverity Severity = EventSeverity.Info,
    string? VmName = null,
    IReadOnlyDictionary<string, string>? Details = null)
{
    // What is read may lack what the type promises: another program, or another version, may have written it.
    private bool IsWhole => Message is not null && (Details is null || Details.Values.All(static value => value is not null));

    /// <summary>As the ledger keeps it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EventJson.Default.EventPayload);

    /// <summary>Reads what the ledger kept; a text that is none of ours is the message itself.</summary>
    public static EventPayload Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, EventJson.Default.EventPayload) is { } payload && payload.IsWhole
                ? payload
                : new EventPayload(json);
        }
        catch (JsonException)
        {
            return new EventPayload(json);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(EventPayload))]
internal sealed partial class EventJson : JsonSerializerContext;
