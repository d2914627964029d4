namespace NodeAgent.Hypervisor.Spec;

/// <summary>Name and labels.</summary>
internal static class IdentityRules
{
    private const int MaxLabels = 64;
    private const int MaxKeyLength = 63;
    private const int MaxValueLength = 255;
    private const int MaxNameLength = 63;

    public static void Check(VmDefinition definition, ViolationList violations)
    {
        violations.Unless(
            IsName(definition.Name),
            "name",
            $"{SpecText.Quote(definition.Name)} is no name: use 1 to {MaxNameLength} of a-z, 0-9, '-', '.', '_', beginning with a letter or digit");
        violations.Unless(
            definition.Id != Guid.Empty, "id", "is all zeros; leave it out to have one made, or give a random UUID");
        violations.Unless(
            definition.Labels.Count <= MaxLabels, "labels", $"{definition.Labels.Count} labels; at most {MaxLabels} are kept, remove some");
        foreach (var (key, value) in definition.Labels.Take(MaxLabels))
        {
            var field = $"labels[{SpecText.Quote(key)}]";
            violations.Unless(
                key.Length is > 0 and <= MaxKeyLength && SpecText.IsPlain(key),
                field,
                $"a key has 1 to {MaxKeyLength} characters, none of them a control character");
            violations.Unless(
                value is { Length: <= MaxValueLength } && SpecText.IsPlain(value),
                field,
                $"a value has at most {MaxValueLength} characters, none of them a control character");
        }
    }

    private static bool IsName(string? name) =>
        name is { Length: > 0 and <= MaxNameLength }
        && IsLowerLetterOrDigit(name[0])
        && name.All(c => IsLowerLetterOrDigit(c) || c is '-' or '.' or '_');

    private static bool IsLowerLetterOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
