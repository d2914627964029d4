using System.Text.Json.Serialization;

namespace NodeAgent.Fleet;

/// <summary>What a node is known by beside its id. Any of it may change; the node stays the same.</summary>
/// <param name="Hostname">The host's name.</param>
/// <param name="MachineId">/etc/machine-id.</param>
/// <param name="Address">The address by which the host reaches others; empty when it reaches nobody.</param>
internal sealed record IdentityFacts(string Hostname, string MachineId, string Address);

/// <summary>JSON by source generation.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IdentityFacts))]
internal sealed partial class IdentityJson : JsonSerializerContext;
