using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Cli.Transport;

/// <summary>The calls of one agent. The connection is opened by the first call.</summary>
internal sealed class AgentConnection : IDisposable
{
    // A page of a thousand VMs with their argument lists is some megabytes.
    private const int MaxReply = 64 * 1024 * 1024;

    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(20), PingPatience = TimeSpan.FromSeconds(10);

    private readonly IAgentDial _dial;
    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;

    /// <summary>Prepares a connection; nothing is opened.</summary>
    public AgentConnection(IAgentDial dial, TimeProvider time)
    {
        _dial = dial;
        var isRemote = dial.Address is RemoteAddress;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = (_, cancellation) => dial.OpenAsync(cancellation),
            // A watch over a network that died in silence ends.
            KeepAlivePingDelay = isRemote ? PingEvery : Timeout.InfiniteTimeSpan,
            KeepAlivePingTimeout = PingPatience,
        };
        // This name is never looked up and proves nothing: every connection comes from the dial, proven where it has to be.
        _channel = GrpcChannel.ForAddress(isRemote ? "https://node" : "http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxReply,
        });
        _calls = _channel.Intercept(new PatienceWithStart(time));
    }

    /// <summary>Where the agent is expected.</summary>
    public HostAddress Address => _dial.Address;

    /// <summary>Whether no connection could be had at the last attempt; false when it could, or was not tried.</summary>
    public bool CannotConnect => _dial.HasFailed;

    /// <summary>Why no connection could be had.</summary>
    public Task<Unreachable> ExplainAsync(CancellationToken cancellation) => _dial.ExplainAsync(cancellation);

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

    /// <summary>The audit log.</summary>
    public AuditService.AuditServiceClient Audit => new(_calls);

    /// <inheritdoc/>
    public void Dispose()
    {
        _channel.Dispose();
        _dial.Dispose();
    }
}
