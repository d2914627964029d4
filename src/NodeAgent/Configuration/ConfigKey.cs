namespace NodeAgent.Configuration;

/// <summary>A key of the configuration: how its text becomes part of the options, and back.</summary>
/// <param name="Section">The section it stands in.</param>
/// <param name="Name">Its name.</param>
/// <param name="Reloadable">Whether SIGHUP puts a new value in force; otherwise the agent must be restarted.</param>
/// <param name="Read">Puts a value into the options; throws <see cref="FormatException"/> with the remedy.</param>
/// <param name="Show">The value in the options as text.</param>
internal sealed record ConfigKey(
    string Section, string Name, bool Reloadable, Func<AgentOptions, string, AgentOptions> Read, Func<AgentOptions, string> Show)
{
    /// <summary>What has changed when the key's value has; of a key that names a file which is read along, what the file says as well.</summary>
    public Func<AgentOptions, string> Content { get; init; } = Show;

    /// <summary>The environment variable that sets it.</summary>
    public string EnvironmentName => $"{ConfigSources.EnvironmentPrefix}{Section}__{Name}".ToUpperInvariant();

    public override string ToString() => $"[{Section}] {Name}";
}
