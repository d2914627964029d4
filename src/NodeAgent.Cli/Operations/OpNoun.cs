using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Operations;

/// <summary>The commands about operations; a new one is a file and a line here.</summary>
internal static class OpNoun
{
    /// <summary>The noun with its verbs.</summary>
    public static Noun Noun { get; } = new("op", "Work that the agent does or did: look at it, wait for it, stop it.",
    [
        new("list", "List operations, the newest first.", OpList.Describe),
        new("get", "Show operations.", OpGet.Describe),
        new("wait", "Wait until operations have ended.", OpWait.Describe),
        new("cancel", "Ask operations to stop.", OpCancel.Describe),
    ]);
}
