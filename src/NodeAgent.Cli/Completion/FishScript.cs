using System.Text;

namespace NodeAgent.Cli.Completion;

/// <summary>Completion for fish, with summaries beside the words.</summary>
internal static class FishScript
{
    /// <summary>Writes the script.</summary>
    public static string For(IReadOnlyList<CompletionEntry> entries)
    {
        var script = new StringBuilder();
        script.Append(
            """
            # fish completion for nodectl; made by 'nodectl completion fish'.
            # Put it into /usr/share/fish/vendor_completions.d/nodectl.fish, or: nodectl completion fish | source
            function __nodectl_at
                set -l path
                for word in (commandline -opc)[2..-1]
                    switch "$path $word"

            """);
        script.Append("            case ").AppendJoin(' ', entries.Where(e => e.Path.Length > 0).Select(e => Quote(" " + e.Path))).Append('\n');
        script.Append(
            """
                            set path "$path $word"
                    end
                end
                test "$path" = "$argv[1]"
            end
            complete -c nodectl -f

            """);
        foreach (var entry in entries)
        {
            var here = $"complete -c nodectl -n {Quote($"__nodectl_at {Quote(entry.Path.Length == 0 ? "" : " " + entry.Path)}")}";
            foreach (var (name, summary) in entry.Commands)
            {
                script.Append($"{here} -a {name} -d {Quote(summary)}\n");
            }

            if (Source(entry.Argument, entry.Words) is { } arguments)
            {
                script.Append($"{here} {arguments}\n");
            }

            foreach (var option in entry.Options)
            {
                var names = string.Join(' ', option.Names.Select(n => n.StartsWith("--", StringComparison.Ordinal) ? $"-l {n[2..]}" : $"-s {n[1..]}"));
                var value = !option.TakesValue ? "" : option.Kind == CompletionKind.File ? " -r -F" : $" -x {Source(option.Kind, option.Words)}".TrimEnd();
                script.Append($"{here} {names}{value} -d {Quote(option.Summary)}\n");
            }
        }

        return script.ToString();
    }

    private static string? Source(CompletionKind kind, IReadOnlyList<string> words) => kind switch
    {
        CompletionKind.Words => $"-a {Quote(string.Join(' ', words))}",
        CompletionKind.File => "-F",
        CompletionKind.Vm => $"-a {Quote("(nodectl vm list -o name --all --timeout 2s 2>/dev/null)")}",
        CompletionKind.Context => $"-a {Quote("(nodectl context list -o name 2>/dev/null)")}",
        _ => null,
    };

    // Inside single quotes fish reads a backslash before a quote or a backslash only.
    private static string Quote(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
