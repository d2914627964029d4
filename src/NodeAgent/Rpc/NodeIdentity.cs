namespace NodeAgent.Rpc;

/// <summary>What of the node is the agent's own.</summary>
/// <param name="Id">The node's id.</param>
/// <param name="Version">The agent's version.</param>
/// <param name="StateDirectory">What survives a reboot.</param>
/// <param name="RunDirectory">What does not.</param>
/// <param name="Launcher">How VMs are detached: "direct", "systemd".</param>
internal sealed record NodeIdentity(Guid Id, string Version, string StateDirectory, string RunDirectory, string Launcher);
