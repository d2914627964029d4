using NodeAgent.Cli;
using NodeAgent.Cli.Completion;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Terminal;

namespace NodeAgent.Packaging;

/// <summary>The completion scripts of nodectl, as <c>nodectl completion</c> prints them, by the names that shells look for.</summary>
internal static class CompletionScripts
{
    /// <summary>File names and scripts.</summary>
    public static IReadOnlyList<(string Name, string Script)> All { get; } = Make();

    private static (string, string)[] Make()
    {
        var entries = CompletionEntry.Of(Nodectl.Tree(new Shell(Surroundings.OfProcess())));
        return [("nodectl.bash", BashScript.For(entries)), ("_nodectl", ZshScript.For(entries)), ("nodectl.fish", FishScript.For(entries))];
    }
}
