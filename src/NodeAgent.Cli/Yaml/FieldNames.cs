using Google.Protobuf.Reflection;
using NodeAgent.Cli.Values;

namespace NodeAgent.Cli.Yaml;

/// <summary>
/// How the fields of the contract are called in YAML: by the contract's snake_case name, where a size in bytes drops its
/// suffix because its value carries a unit (<c>memory: 256MiB</c> for memory_bytes).
/// </summary>
internal static class FieldNames
{
    private const string SizeSuffix = "_bytes";

    /// <summary>The name that is written.</summary>
    public static string Of(FieldDescriptor field) =>
        IsSize(field) && field.Name[..^SizeSuffix.Length] is var alias && field.ContainingType.FindFieldByName(alias) is null
            ? alias
            : field.Name;

    /// <summary>Whether the field is a size, written with a unit.</summary>
    public static bool IsSize(FieldDescriptor field) =>
        field.Name.EndsWith(SizeSuffix, StringComparison.Ordinal)
        && field.FieldType is FieldType.Int64 or FieldType.UInt64 or FieldType.Int32 or FieldType.UInt32;

    /// <summary>The field that a key means: the written name, the contract's name or its JSON name; null when there is none.</summary>
    public static FieldDescriptor? Find(MessageDescriptor message, string key)
    {
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            if (field.Name == key || field.JsonName == key || Of(field) == key)
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>The field name that was probably meant by a key that means none.</summary>
    public static string? Suggest(MessageDescriptor message, string key) =>
        Nearest.To(key, message.Fields.InDeclarationOrder().SelectMany(f => new[] { Of(f), f.Name, f.JsonName }));
}
