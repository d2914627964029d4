using System.Net.Sockets;
using NodeAgent.Configuration;

namespace NodeAgent.Hosting;

/// <summary>All sockets of the API: bound together or not at all.</summary>
internal sealed class ApiSockets : IDisposable
{
    private readonly Dictionary<string, ApiSocket> _byPath = new(StringComparer.Ordinal);

    /// <summary>Binds them.</summary>
    /// <exception cref="StartException">One can't be had.</exception>
    public static ApiSockets Bind(AgentOptions options)
    {
        var sockets = new ApiSockets();
        try
        {
            foreach (var path in options.SocketPaths)
            {
                sockets._byPath.Add(path, ApiSocket.Bind(path, options));
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
