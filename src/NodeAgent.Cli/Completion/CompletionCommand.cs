using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Completion;

/// <summary><c>completion</c></summary>
internal static class CompletionCommand
{
    /// <summary>Adds the argument and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var kind = new Argument<string>("shell") { Description = "The shell that the script is for.", HelpName = "bash|zsh|fish" };
        kind.AcceptOnlyFromAmong("bash", "zsh", "fish");
        command.Add(kind);
        shell.Examples(command, "source <(nodectl completion bash)");
        shell.Handle(command, async call =>
        {
            var entries = CompletionEntry.Of(Nodectl.Tree(new Shell(call.Surroundings)));
            await call.Surroundings.Out.WriteAsync(call.Get(kind) switch
            {
                "bash" => BashScript.For(entries),
                "zsh" => ZshScript.For(entries),
                _ => FishScript.For(entries),
            });
            return ExitCode.Ok;
        });
    }
}
