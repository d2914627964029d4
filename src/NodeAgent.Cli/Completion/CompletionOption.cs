namespace NodeAgent.Cli.Completion;

/// <summary>An option as completion sees it.</summary>
/// <param name="Names">All its names, the long one first.</param>
/// <param name="Summary">What it is for.</param>
/// <param name="TakesValue">Whether a value follows.</param>
/// <param name="Kind">What the value is.</param>
/// <param name="Words">The values, for <see cref="CompletionKind.Words"/>.</param>
internal sealed record CompletionOption(IReadOnlyList<string> Names, string Summary, bool TakesValue, CompletionKind Kind, IReadOnlyList<string> Words);
