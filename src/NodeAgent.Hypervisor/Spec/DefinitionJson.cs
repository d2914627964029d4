using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// A VM's definition as text, for the ledger. Unknown members are ignored and missing ones take their defaults, so that
/// a ledger written by a neighbouring version can be read.
/// </summary>
public static class DefinitionJson
{
    /// <summary>Writes it.</summary>
    public static string Write(VmDefinition definition) =>
        JsonSerializer.Serialize(definition, DefinitionJsonContext.Default.VmDefinition);

    /// <summary>Reads it; <c>null</c> when it is no definition.</summary>
    public static VmDefinition? TryRead(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, DefinitionJsonContext.Default.VmDefinition);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(VmDefinition))]
internal sealed partial class DefinitionJsonContext : JsonSerializerContext;
