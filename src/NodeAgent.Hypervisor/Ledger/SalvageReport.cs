using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The payload of the event that tells of a salvage.</summary>
internal sealed record SalvageReport(
    ImmutableArray<string> Findings, string? KeptAs, ImmutableArray<SalvageCount> Salvaged);

/// <summary>Serialises salvage reports without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SalvageReport))]
internal sealed partial class SalvageJson : JsonSerializerContext;
