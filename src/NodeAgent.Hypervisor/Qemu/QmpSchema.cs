using System.Text.Json;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Looks things up in what query-qmp-schema returns (QAPI <c>SchemaInfo</c>): a flat list of entities that refer to each
/// other by made-up names.
/// </summary>
internal static class QmpSchema
{
    /// <summary>The values of an argument that is an enumeration; empty when the schema has no such thing.</summary>
    public static IEnumerable<string> EnumOfArgument(JsonElement schema, string command, string argument)
    {
        var type = Text(Find(schema, "command", command), "arg-type");
        var member = Items(Find(schema, "object", type), "members").FirstOrDefault(item => Text(item, "name") == argument);
        var values = Items(Find(schema, "enum", Text(member, "type")), "values");
        return values.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!);
    }

    private static JsonElement Find(JsonElement schema, string kind, string? name) =>
        schema.ValueKind == JsonValueKind.Array && name is not null
            ? schema.EnumerateArray().FirstOrDefault(entity => Text(entity, "meta-type") == kind && Text(entity, "name") == name)
            : default;

    private static JsonElement.ArrayEnumerator Items(JsonElement entity, string name) =>
        entity.ValueKind == JsonValueKind.Object && entity.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : default;

    private static string? Text(JsonElement entity, string name) =>
        entity.ValueKind == JsonValueKind.Object && entity.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;
}
