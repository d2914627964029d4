using System.Collections;
using System.CommandLine;
using NodeAgent.Cli.Completion;

namespace NodeAgent.Packaging.Man;

/// <summary>An option or argument of nodectl as pages show it.</summary>
internal static class OptionText
{
    /// <summary>The option with all its names and its value: "--output, -o table|wide".</summary>
    public static string Term(Option option) =>
        string.Join(", ", Names(option).Select(Roff.Bold)) + (TakesValue(option) ? " " + Value(option) : "");

    /// <summary>The option as a synopsis has it: "[--paused]". A long value may be broken after a comma or a bar.</summary>
    public static string InSynopsis(Option option)
    {
        var value = Value(option).Replace(",", ",\\:", StringComparison.Ordinal).Replace("|", "|\\:", StringComparison.Ordinal);
        var text = Roff.Bold(option.Name) + (TakesValue(option) ? "\\~" + value : "") + (option.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        return option.Required ? text : $"[{text}]";
    }

    /// <summary>What there is to say of the option.</summary>
    public static string Description(Option option)
    {
        var usual = option.HasDefaultValue && TakesValue(option) ? option.GetDefaultValue() : null;
        var again = option.Arity.MaximumNumberOfValues > 1 && option.Description?.Contains("several times", StringComparison.Ordinal) != true ? " May be given several times." : "";
        return option.Description + (usual is null or "" or ICollection { Count: 0 } ? "" : $" Default: `{usual}`.") + again;
    }

    /// <summary>The argument: "VM...", or in brackets where it may be left out.</summary>
    public static string Term(Argument argument)
    {
        var name = Roff.Italic(argument.HelpName ?? argument.Name.ToUpperInvariant());
        var several = argument.Arity.MaximumNumberOfValues > 1 ? name + "..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{several}]" : several;
    }

    /// <summary>All names that people type, the long one first.</summary>
    public static IReadOnlyList<string> Names(Option option) =>
        [option.Name, .. option.Aliases.Where(alias => alias.StartsWith('-') && alias != "-?").Order(StringComparer.Ordinal)];

    private static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0;

    private static string Value(Option option) => Roff.Italic(option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant());
}
