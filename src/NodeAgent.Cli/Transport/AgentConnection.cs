using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Cli.Transport;

/// <summary>The calls of one agent, over its unix socket. The socket is opened by the first call.</summary>
internal sealed class AgentConnection : IDisposable
{
    // A page of a thousand VMs with their argument lists is some megabytes.
    private const int MaxReply = 64 * 1024 * 1024;

    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;

    /// <summary>Prepares a connection; nothing is opened.</summary>
    public AgentConnection(HostAddress address, TimeProvider time)
    {
        Address = address;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = async (_, cancellation) => await ConnectAsync(cancellation),
        };
        // The host name is never looked up: every connection goes to the socket.
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxReply,
        });
        _calls = _channel.Intercept(new PatienceWithStart(time));
    }

    /// <summary>Where the agent is expected.</summary>
    public HostAddress Address { get; }

    /// <summary>Why the socket could not be opened at the last attempt; null when it could, or was not tried.</summary>
    public SocketError? ConnectError { get; private set; }

    /// <summary>The VMs.</summary>
    public VmService.VmServiceClient Vms => new(_calls);

    /// <summary>The node.</summary>
    public NodeService.NodeServiceClient Node => new(_calls);

    /// <summary>The node as a member of a fleet.</summary>
    public FleetService.FleetServiceClient Fleet => new(_calls);

    /// <summary>The operations.</summary>
    public LongRunning.Operations.OperationsClient Operations => new(_calls);

    /// <summary>The events.</summary>
    public EventService.EventServiceClient Events => new(_calls);

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Address.SocketPath), cancellation);
            ConnectError = null;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            ConnectError = e.SocketErrorCode;
            socket.Dispose();
            throw;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
