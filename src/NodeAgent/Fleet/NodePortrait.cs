using System.Net;
using System.Net.Sockets;
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

    /// <summary>What the host is known by now.</summary>
    public IdentityFacts Facts()
    {
        var now = machine();
        return new IdentityFacts(now.Hostname ?? "", now.MachineId ?? "", OwnAddress());
    }

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
            var isAny = listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any);
            string[] hosts = isAny ? [identity.Hostname, OwnAddress()] : [listen.Address.ToString()];
            identity.ApiEndpoints.Add(hosts.Where(host => host.Length > 0).Distinct().Select(host => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{listen.Port}" : $"{host}:{listen.Port}"));
        }

        return identity;
    }

    // Which address the kernel would choose, by udp(7): nothing is sent. The addresses are those of documentation.
    private static string OwnAddress()
    {
        foreach (var elsewhere in (string[])["192.0.2.1", "2001:db8::1"])
        {
            try
            {
                var address = IPAddress.Parse(elsewhere);
                using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(address, 9);
                return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
            }
            catch (SocketException)
            {
                // There is no way out by this protocol.
            }
        }

        return "";
    }
}
