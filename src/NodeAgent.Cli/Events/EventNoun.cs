using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Events;

/// <summary>The commands about events; a new one is a file and a line here.</summary>
internal static class EventNoun
{
    /// <summary>The noun with its verbs.</summary>
    public static Noun Noun { get; } = new("event", "What happened on this node.",
    [
        new("list", "List events, the newest last.", EventList.Describe),
        new("watch", "Show events as they happen.", EventWatch.Describe),
    ]);
}
