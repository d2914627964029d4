using System.CommandLine;
using System.CommandLine.Completions;

namespace NodeAgent.Cli.Completion;

/// <summary>A command as completion sees it.</summary>
/// <param name="Path">The words that lead to it, without the program's name; empty for the program itself.</param>
/// <param name="Commands">What can follow as a command, with its summary.</param>
/// <param name="Options">Its options, with those of every command.</param>
/// <param name="Argument">What its arguments are.</param>
/// <param name="Words">The arguments, for <see cref="CompletionKind.Words"/>.</param>
internal sealed record CompletionEntry(
    string Path,
    IReadOnlyList<(string Name, string Summary)> Commands,
    IReadOnlyList<CompletionOption> Options,
    CompletionKind Argument,
    IReadOnlyList<string> Words)
{
    /// <summary>All commands of a tree, parents before children.</summary>
    public static IReadOnlyList<CompletionEntry> Of(Command root)
    {
        var entries = new List<CompletionEntry>();
        Collect(root, "", [], entries);
        return entries;
    }

    private static void Collect(Command command, string path, IReadOnlyList<CompletionOption> inherited, List<CompletionEntry> entries)
    {
        var own = command.Options.Where(o => !o.Hidden).Select(Describe).ToList();
        // A command's own option hides one of the same name that every command has.
        var options = own.Concat(inherited.Where(i => !own.Exists(o => o.Names[0] == i.Names[0]))).ToList();
        var argument = command.Arguments.Count > 0 ? command.Arguments[0] : null;
        var words = argument is null ? [] : Labels(argument.GetCompletions(CompletionContext.Empty));
        entries.Add(new CompletionEntry(
            path,
            [.. command.Subcommands.Select(c => (c.Name, c.Description ?? ""))],
            options,
            argument is null ? CompletionKind.Free : Kind(argument.Name, argument.HelpName, words),
            words));
        var passedOn = inherited.Concat(command.Options.Where(o => o.Recursive).Select(Describe)).ToList();
        foreach (var child in command.Subcommands)
        {
            Collect(child, path.Length == 0 ? child.Name : $"{path} {child.Name}", passedOn, entries);
        }
    }

    private static CompletionOption Describe(Option option)
    {
        var words = option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? [] : Labels(option.GetCompletions(CompletionContext.Empty));
        return new CompletionOption(
            [option.Name, .. option.Aliases.Where(a => a[0] == '-' && a != "-?")],
            option.Description ?? "",
            option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0,
            Kind(option.Name.TrimStart('-'), option.HelpName, words),
            words);
    }

    private static CompletionKind Kind(string name, string? valueName, string[] words) => (name, valueName) switch
    {
        ("vm", _) => CompletionKind.Vm,
        ("context", _) => CompletionKind.Context,
        (_, "FILE") => CompletionKind.File,
        _ => words.Length > 0 ? CompletionKind.Words : CompletionKind.Free,
    };

    private static string[] Labels(IEnumerable<CompletionItem> items) => [.. items.Select(i => i.Label)];
}
