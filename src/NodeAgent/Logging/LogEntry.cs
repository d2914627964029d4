namespace NodeAgent.Logging;

/// <summary>One message, before it has a form.</summary>
/// <param name="Time">When.</param>
/// <param name="Level">How important it is.</param>
/// <param name="Category">Who says it: "NodeAgent.Vms".</param>
/// <param name="Message">One sentence.</param>
internal sealed record LogEntry(DateTimeOffset Time, LogLevel Level, string Category, string Message)
{
    private const string Root = "NodeAgent.";

    /// <summary>The name of the message among those of its kind; <c>null</c> where it has none.</summary>
    public string? Event { get; init; }

    /// <summary>What the message is made of, and what it is about, by name; each name once.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Fields { get; init; } = [];

    /// <summary>What went wrong; <c>null</c> when nothing did.</summary>
    public Exception? Error { get; init; }

    /// <summary>The category without what all of ours begin with.</summary>
    public string ShortCategory => Category.StartsWith(Root, StringComparison.Ordinal) ? Category[Root.Length..] : Category;
}
