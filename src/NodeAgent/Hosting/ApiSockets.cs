using System.Net.Sockets;
using NodeAgent.Configuration;
using NodeAgent.Systemd;

namespace NodeAgent.Hosting;

/// <summary>
/// All sockets of the API: had together or not at all. What the service manager hands over is served, whatever is
/// configured, because clients wait there already; sockets that are configured are served besides.
/// </summary>
internal sealed class ApiSockets : IDisposable
{
    private readonly Dictionary<string, ApiSocket> _byPath = new(StringComparer.Ordinal);

    /// <summary>Binds them.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="handed">What the service manager handed over.</param>
    /// <exception cref="StartException">One can't be had.</exception>
    public static ApiSockets Bind(AgentOptions options, IReadOnlyList<HandedDescriptor> handed)
    {
        var sockets = new ApiSockets();
        try
        {
            foreach (var one in handed)
            {
                var taken = ApiSocket.Take(one);
                sockets._byPath.Add(ApiSocket.PathOf(taken.Socket), taken);
            }

            // The default is for when nobody has said anything.
            foreach (var path in handed.Count > 0 ? options.ListenPaths : options.SocketPaths)
            {
                if (!sockets._byPath.ContainsKey(path))
                {
                    sockets._byPath.Add(path, ApiSocket.Bind(path, options));
                }
            }

            return sockets;
        }
        catch
        {
            foreach (var socket in sockets._byPath.Values)
            {
                // Nobody listens on these yet, so nobody else removes them.
                socket.Socket.Dispose();
            }

            sockets.Dispose();
            throw;
        }
    }

    /// <summary>Where they are bound.</summary>
    public IReadOnlyCollection<string> Paths => _byPath.Keys;

    /// <summary>The bound socket of a path.</summary>
    public Socket this[string path] => _byPath[path].Socket;

    public void Dispose()
    {
        foreach (var socket in _byPath.Values)
        {
            socket.Dispose();
        }
    }
}
