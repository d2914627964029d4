using System.Text.Json;
using System.Text.Json.Serialization;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// How definitions and boot contracts are written into the ledger: snake_case names, enumerations by name. Members that
/// are not known are skipped, so that an older agent reads what a newer one wrote.
/// </summary>
public static class RecordJson
{
    /// <summary>Writes a definition.</summary>
    public static byte[] Write(VmDefinition definition) => JsonSerializer.SerializeToUtf8Bytes(definition, RecordJsonContext.Default.VmDefinition);

    /// <summary>Writes a boot contract.</summary>
    public static byte[] Write(BootContract contract) => JsonSerializer.SerializeToUtf8Bytes(contract, RecordJsonContext.Default.BootContract);

    /// <summary>Reads a definition.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static VmDefinition ReadDefinition(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RecordJsonContext.Default.VmDefinition) ?? throw new JsonException("null is no definition");

    /// <summary>Reads a boot contract.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static BootContract ReadContract(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RecordJsonContext.Default.BootContract) ?? throw new JsonException("null is no boot contract");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    IgnoreReadOnlyProperties = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(VmDefinition))]
[JsonSerializable(typeof(BootContract))]
internal sealed partial class RecordJsonContext : JsonSerializerContext;
