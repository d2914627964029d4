namespace NodeAgent.Cli.Transport;

/// <summary>An agent as a user has put it down: where it is, and, for one elsewhere, by whose certificate and which node it must be.</summary>
/// <param name="Address">Where it listens.</param>
internal sealed record AgentPlace(HostAddress Address)
{
    /// <summary>The user's own certificate and whom it trusts, as far as it is put down.</summary>
    public CredentialPaths Credentials { get; init; } = new(null, null, null);

    /// <summary>The id of the node that must answer; null when any node of the fleet may.</summary>
    public string? Node { get; init; }
}
