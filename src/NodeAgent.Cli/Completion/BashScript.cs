using System.Text;

namespace NodeAgent.Cli.Completion;

/// <summary>Completion for bash. The script knows the commands; only names of VMs and contexts are asked for.</summary>
internal static class BashScript
{
    /// <summary>Writes the script.</summary>
    public static string For(IReadOnlyList<CompletionEntry> entries)
    {
        var script = new StringBuilder();
        script.Append(
            """
            # bash completion for nodectl; made by 'nodectl completion bash'.
            # Put it into /usr/share/bash-completion/completions/nodectl, or: source <(nodectl completion bash)
            _nodectl() {
                local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' word i kind words options
                for ((i = 1; i < COMP_CWORD; i++)); do
                    word=${COMP_WORDS[i]}
                    case "$path $word" in

            """);
        Case(script, "            ", entries.Where(e => e.Path.Length > 0).Select(e => Spaced(e.Path)), "path=\"$path $word\"");
        script.Append(
            """
                    esac
                done
                kind=free words='' options=''
                case "$path" in

            """);
        foreach (var entry in entries)
        {
            var words = entry.Commands.Count > 0 ? entry.Commands.Select(c => c.Name) : entry.Words;
            var kind = entry.Commands.Count > 0 ? CompletionKind.Words : entry.Argument;
            script.Append($"        {Quote(Spaced(entry.Path))}) kind={Name(kind)} words={Quote(string.Join(' ', words))} ");
            script.Append($"options={Quote(string.Join(' ', entry.Options.SelectMany(o => o.Names)))} ;;\n");
        }

        script.Append(
            """
                esac
                case "$path|$prev" in

            """);
        foreach (var group in entries.SelectMany(e => e.Options.Where(o => o.TakesValue).SelectMany(o => o.Names.Select(n => (Pattern: $"{Spaced(e.Path)}|{n}", Option: o))))
            .GroupBy(p => $"kind={Name(p.Option.Kind)} words={Quote(string.Join(' ', p.Option.Words))} options=''"))
        {
            Case(script, "        ", group.Select(p => p.Pattern), group.Key);
        }

        script.Append(
            """
                esac
                if [[ $cur == -* && -n $options ]]; then
                    kind=words words=$options
                fi
                case $kind in
                    words) ;;
                    vm) words=$(nodectl vm list -o name --all --timeout 2s 2>/dev/null) ;;
                    context) words=$(nodectl context list -o name 2>/dev/null) ;;
                    file) compopt -o default; COMPREPLY=(); return ;;
                    *) words='' ;;
                esac
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
            }
            complete -F _nodectl nodectl

            """);
        return script.ToString();
    }

    private static void Case(StringBuilder script, string indent, IEnumerable<string> patterns, string action) =>
        script.Append(indent).AppendJoin('|', patterns.Select(Quote)).Append(") ").Append(action).Append(" ;;\n");

    // In the script a path begins with a space, so that a word can be added without asking whether it is the first.
    private static string Spaced(string path) => path.Length == 0 ? "" : " " + path;

    private static string Name(CompletionKind kind) => kind.ToString().ToLowerInvariant();

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
