using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Contexts;

/// <summary>The commands about contexts; a new one is a file and a line here.</summary>
internal static class ContextNoun
{
    /// <summary>The noun with its verbs.</summary>
    public static Noun Noun { get; } = new("context", "Names for agents, kept in the user's configuration.",
    [
        new("list", "List contexts; the one in use is marked.", ContextList.Describe),
        new("use", "Talk to the agent of this context from now on.", ContextUse.Describe),
        new("set", "Give an agent, named by --host, a context.", ContextSet.Describe),
        new("delete", "Forget contexts.", ContextDelete.Describe),
    ]);
}
