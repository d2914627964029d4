using Google.Protobuf.Reflection;

namespace NodeAgent.Cli.Values;

/// <summary>
/// The short form of the contract's enum values: <c>RESTART_MODE_ON_FAILURE</c> is written <c>on-failure</c>. Reading
/// takes the short and the full form, in any case, with '-' or '_'.
/// </summary>
internal static class EnumText
{
    /// <summary>The short form of a value; of an unknown number, the number.</summary>
    public static string Format(EnumDescriptor type, int number) =>
        type.FindValueByNumber(number) is { } value ? Short(value) : number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// The short form of a value, from its name in C#: the same as by the descriptor, which takes longer to load than a list
    /// takes to be fetched.
    /// </summary>
    public static string Format<T>(T value)
        where T : struct, Enum =>
        Enum.GetName(value) is { } name ? string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{c}" : $"{c}")).ToLowerInvariant() : value.ToString("D");

    /// <summary>Finds the value that was meant.</summary>
    /// <param name="type">The enum.</param>
    /// <param name="text">What was written.</param>
    /// <param name="number">The value's number.</param>
    /// <param name="problem">What is wrong, when the answer is false.</param>
    public static bool TryParse(EnumDescriptor type, string text, out int number, out string problem)
    {
        var wanted = text.Trim().Replace('_', '-').ToLowerInvariant();
        var prefix = Prefix(type).Replace('_', '-').ToLowerInvariant();
        if (wanted.StartsWith(prefix, StringComparison.Ordinal))
        {
            wanted = wanted[prefix.Length..];
        }

        var found = type.Values.FirstOrDefault(v => Short(v) == wanted);
        number = found?.Number ?? 0;
        problem = found is null ? $"'{text}' is not one of {string.Join(", ", Choices(type))}" : "";
        return found is not null;
    }

    /// <summary>What can be written for an enum, without the value that says nothing.</summary>
    public static IEnumerable<string> Choices(EnumDescriptor type) => type.Values.Where(v => v.Number != 0).Select(Short);

    private static string Short(EnumValueDescriptor value)
    {
        var prefix = Prefix(value.EnumDescriptor);
        var name = value.Name.StartsWith(prefix, StringComparison.Ordinal) ? value.Name[prefix.Length..] : value.Name;
        return name.Replace('_', '-').ToLowerInvariant();
    }

    // "VmState" has the prefix "VM_STATE_", as the style of the contract demands.
    private static string Prefix(EnumDescriptor type) =>
        string.Concat(type.Name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : c.ToString())).ToUpperInvariant() + "_";
}
