using System.Collections.Immutable;

namespace NodeAgent.Configuration;

/// <summary>What came of reading the configuration again.</summary>
/// <param name="Time">When.</param>
/// <param name="Problems">What is wrong with the new one; then the old one stays in force.</param>
/// <param name="Changed">The keys whose new values are in force.</param>
/// <param name="Pending">The keys whose new values wait for a restart of the agent.</param>
internal sealed record ReloadOutcome(
    DateTimeOffset Time, ImmutableArray<ConfigProblem> Problems, ImmutableArray<ConfigKey> Changed, ImmutableArray<ConfigKey> Pending)
{
    public bool IsGood => Problems.IsEmpty;

    /// <summary>The outcome in one sentence.</summary>
    public string Summary => !IsGood
        ? $"The configuration has {Problems.Length} fault(s) and the old one stays in force. {string.Join(" ", Problems)}"
        : Changed.IsEmpty && Pending.IsEmpty ? "The configuration was read again; nothing changed."
        : $"The configuration was read again. In force: {List(Changed)}. Waiting for a restart of the agent: {List(Pending)}.";

    private static string List(ImmutableArray<ConfigKey> keys) => keys.IsEmpty ? "nothing" : string.Join(", ", keys);
}
