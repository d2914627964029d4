using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// A VM's definition as text, for the ledger. Unknown members are ignored and missing ones take their defaults, so that
/// a ledger written by a neighbouring version can be read.
/// </summary>
public static class DefinitionJson
{
    /// <summary>
    /// What a definition consists of when nothing is said. The source generator assigns every init-only member, those
    /// that the text lacks with the type's zero instead of the record's own default; so the text is completed first.
    /// </summary>
    private static readonly Lazy<JsonObject> Defaults = new(() =>
    {
        var type = DefinitionJsonContext.Default.VmDefinition;
        var bare = new VmDefinition { Id = default, Name = "", Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 0 }, MemoryBytes = 0 } };
        var defaults = JsonSerializer.SerializeToNode(bare, type)!.AsObject();
        RemoveRequired(defaults, type);
        return defaults;
    });

    /// <summary>Writes it.</summary>
    public static string Write(VmDefinition definition) =>
        JsonSerializer.Serialize(definition, DefinitionJsonContext.Default.VmDefinition);

    /// <summary>Reads it; <c>null</c> when it is no definition.</summary>
    public static VmDefinition? TryRead(string json)
    {
        try
        {
            // A name that stands twice is an ArgumentException below. The parser's own check would draw a random seed from
            // OpenSSL, and the agent would load it at each start for nothing else, or end where it is not installed.
            if (JsonNode.Parse(json) is not JsonObject definition)
            {
                return null;
            }

            Complete(definition, Defaults.Value);
            return definition.Deserialize(DefinitionJsonContext.Default.VmDefinition);
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static void Complete(JsonObject target, JsonObject defaults)
    {
        foreach (var (name, value) in defaults)
        {
            if (!target.TryGetPropertyValue(name, out var present))
            {
                target[name] = value?.DeepClone();
            }
            else if (present is JsonObject child && value is JsonObject childDefaults)
            {
                Complete(child, childDefaults);
            }
        }
    }

    /// <summary>What must be said has no default.</summary>
    private static void RemoveRequired(JsonObject defaults, JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (defaults[property.Name] is JsonObject child)
            {
                RemoveRequired(child, type.Options.GetTypeInfo(property.PropertyType));
            }
            else if (property.IsRequired)
            {
                defaults.Remove(property.Name);
            }
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(VmDefinition))]
internal sealed partial class DefinitionJsonContext : JsonSerializerContext;
