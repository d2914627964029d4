using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;

namespace NodeAgent.Fleet;

/// <summary>What the node says of itself when it enrols and when a session begins.</summary>
/// <param name="nodeId">Its stable id.</param>
/// <param name="version">The agent's version.</param>
/// <param name="machine">Reads which machine it is, and which of its boots.</param>
/// <param name="options">The configuration.</param>
internal sealed class NodePortrait(Guid nodeId, string version, Func<MachineIdentity> machine, LiveOptions options)
{
    /// <summary>The node's id.</summary>
    public Guid NodeId => nodeId;

    /// <summary>This boot of the host.</summary>
    public string BootId => machine().BootId?.ToString("D") ?? "";

    /// <summary>As it is now: host names and addresses may change.</summary>
    public Manager.V1.NodeIdentity Draw()
    {
        var now = machine();
        var identity = new Manager.V1.NodeIdentity
        {
            NodeId = nodeId.ToString("D"),
            Hostname = now.Hostname ?? "",
            MachineId = now.MachineId ?? "",
            AgentVersion = version,
        };
        if (options.Current.Remote.Listen is { } listen)
        {
            var host = listen.Address.Equals(System.Net.IPAddress.Any) || listen.Address.Equals(System.Net.IPAddress.IPv6Any) ? identity.Hostname : listen.Address.ToString();
            identity.ApiEndpoints.Add(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{listen.Port}" : $"{host}:{listen.Port}");
        }

        return identity;
    }
}
