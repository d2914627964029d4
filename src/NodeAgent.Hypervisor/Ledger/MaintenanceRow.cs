using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>That the node is in maintenance. One of the facts in the table <c>meta</c>, so that no other table is needed for it.</summary>
/// <param name="Reason">Why, in the operator's words; may be empty.</param>
/// <param name="Caller">Who said so.</param>
/// <param name="Since">Since when.</param>
public sealed record MaintenanceRow(string Reason, string Caller, DateTimeOffset Since)
{
    internal static string TextOf(MaintenanceRow? row) => row is null ? "" : JsonSerializer.Serialize(row, MaintenanceJson.Default.MaintenanceRow);

    /// <summary>A text that is none of ours means maintenance too: nothing is started on a node that may not be fit for it.</summary>
    internal static MaintenanceRow? FromText(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(text, MaintenanceJson.Default.MaintenanceRow) is { Reason: not null, Caller: not null } row)
            {
                return row;
            }
        }
        catch (JsonException)
        {
        }

        return new MaintenanceRow("", "", DateTimeOffset.UnixEpoch);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MaintenanceRow))]
internal sealed partial class MaintenanceJson : JsonSerializerContext;
