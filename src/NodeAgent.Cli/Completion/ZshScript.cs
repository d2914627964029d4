using System.Text;

namespace NodeAgent.Cli.Completion;

/// <summary>Completion for zsh, with summaries beside the words.</summary>
internal static class ZshScript
{
    /// <summary>Writes the script.</summary>
    public static string For(IReadOnlyList<CompletionEntry> entries)
    {
        var script = new StringBuilder();
        script.Append(
            """
            #compdef nodectl
            # zsh completion for nodectl; made by 'nodectl completion zsh'.
            # Put it as _nodectl into a directory of $fpath, or: source <(nodectl completion zsh)
            _nodectl_vms() { local -a names; names=(${(f)"$(nodectl vm list -o name --all --timeout 2s 2>/dev/null)"}); compadd -a names }
            _nodectl_contexts() { local -a names; names=(${(f)"$(nodectl context list -o name 2>/dev/null)"}); compadd -a names }
            _nodectl() {
                local path_='' word i
                local -a commands
                for ((i = 2; i < CURRENT; i++)); do
                    word=${words[i]}
                    case "$path_ $word" in

            """);
        script.Append("            ").AppendJoin('|', entries.Where(e => e.Path.Length > 0).Select(e => Quote(" " + e.Path))).Append(") path_=\"$path_ $word\" ;;\n");
        script.Append(
            """
                    esac
                done
                case "$path_" in

            """);
        foreach (var entry in entries)
        {
            script.Append($"        {Quote(entry.Path.Length == 0 ? "" : " " + entry.Path)})\n");
            if (entry.Commands.Count > 0)
            {
                script.Append("            commands=(").AppendJoin(' ', entry.Commands.Select(c => Quote($"{c.Name}:{c.Summary}"))).Append(")\n");
                script.Append("            if [[ ${words[CURRENT]} != -* && ${words[CURRENT-1]} != -* ]]; then _describe command commands; return; fi\n");
            }

            script.Append("            _arguments -s : \\\n");
            foreach (var option in entry.Options)
            {
                foreach (var name in option.Names)
                {
                    var value = option.TakesValue ? $":value:{Action(option.Kind, option.Words)}" : "";
                    script.Append($"                {Quote($"*{name}[{Escape(option.Summary)}]{value}")} \\\n");
                }
            }

            script.Append($"                {Quote($"*:argument:{Action(entry.Argument, entry.Words)}")}\n            ;;\n");
        }

        script.Append(
            """
                esac
            }
            if [[ $funcstack[1] == _nodectl ]]; then _nodectl "$@"; else compdef _nodectl nodectl; fi

            """);
        return script.ToString();
    }

    private static string Action(CompletionKind kind, IReadOnlyList<string> words) => kind switch
    {
        CompletionKind.Words => $"({string.Join(' ', words)})",
        CompletionKind.File => "_files",
        CompletionKind.Vm => "_nodectl_vms",
        CompletionKind.Context => "_nodectl_contexts",
        _ => " ",
    };

    private static string Escape(string text) =>
        text.Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
