using System.Net.Sockets;

namespace NodeAgent.Cli.Transport;

/// <summary>The way to an agent on this host.</summary>
internal sealed class UnixDial(UnixAddress address) : IAgentDial
{
    private SocketError? _failure;

    /// <inheritdoc/>
    public HostAddress Address => address;

    /// <inheritdoc/>
    public bool HasFailed => _failure is not null;

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.SocketPath), cancellation);
            _failure = null;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            _failure = e.SocketErrorCode;
            socket.Dispose();
            throw;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Unreachable> ExplainAsync(CancellationToken cancellation) => Unreachable.ExplainAsync(address, _failure ?? SocketError.Success, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
