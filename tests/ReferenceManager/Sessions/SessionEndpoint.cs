using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using NodeAgent.Manager.V1;

namespace ReferenceManager.Sessions;

/// <summary>The service that nodes hold a session with. Who calls is known already: the gate has seen the certificate.</summary>
internal sealed partial class SessionEndpoint(SessionBooks books, SessionTerms terms, TrustSpread trust, TunnelBook tunnels, ILogger<SessionEndpoint> logger)
    : SessionService.SessionServiceBase
{
    private static readonly TimeSpan s_helloPatience = TimeSpan.FromSeconds(10);

    public override async Task OpenSession(
        IAsyncStreamReader<OpenSessionRequest> requestStream, IServerStreamWriter<OpenSessionResponse> responseStream, ServerCallContext context)
    {
        var caller = CallerOf(context);
        var hello = await ReadHelloAsync(requestStream, caller, context.CancellationToken);
        await books.Nodes.SaveAsync(caller.NodeId, hello);
        var (acknowledged, _) = books.Events.HeadOf(caller.NodeId, hello.EventLogId);
        var node = books.Nodes.GetOrAdd(caller.NodeId, hello.Node);

        var session = new NodeSession(caller, node, hello, books, terms.LeaseInterval);
        session.Send(new OpenSessionResponse
        {
            Welcome = new Welcome
            {
                LeaseInterval = Duration.FromTimeSpan(terms.LeaseInterval),
                AcknowledgedEvent = acknowledged,
                ManagerId = terms.ManagerName,
            },
        });
        // The node has one connection that it believes in, and that is the newer one.
        node.Begin(session, hello, acknowledged)?.End(new Status(StatusCode.Aborted, "a newer session of this node has begun"));
        books.Counters.CountSession();
        LogBegun(logger, hello.Node.Hostname, node.Id);
        try
        {
            trust.TellIfBehind(session, hello.TrustVersion);
            books.Nodes.RingTrust();
            await session.RunAsync(requestStream, responseStream);
            LogEnded(logger, hello.Node.Hostname, node.Id, "the node closed it");
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            LogEnded(logger, hello.Node.Hostname, node.Id, "the connection broke");
        }
        catch (RpcException error)
        {
            LogEnded(logger, hello.Node.Hostname, node.Id, error.Status.Detail);
            throw;
        }
        finally
        {
            node.End(session);
        }
    }

    public override Task OpenTunnel(
        IAsyncStreamReader<OpenTunnelRequest> requestStream, IServerStreamWriter<OpenTunnelResponse> responseStream, ServerCallContext context) =>
        tunnels.ServeAsync(CallerOf(context), requestStream, responseStream, context.CancellationToken);

    private static NodeCaller CallerOf(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<NodeCaller>() ?? throw new InvalidOperationException("the gate lets nobody in without a caller");

    private async Task<Hello> ReadHelloAsync(IAsyncStreamReader<OpenSessionRequest> requests, NodeCaller caller, CancellationToken gone)
    {
        using var patience = new CancellationTokenSource(s_helloPatience, books.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, patience.Token);
        if (!await requests.MoveNext(either.Token) || requests.Current.Hello is not { Node: not null } hello)
        {
            throw ProtocolError.Invalid("hello: it is the first message of a session, and says which node speaks");
        }

        return hello.Node.NodeId == caller.NodeId
            ? hello
            : throw ProtocolError.NotYours($"hello: the certificate is that of {caller.NodeId}, not of {hello.Node.NodeId}");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Session of {Hostname} ({Node}) begins")]
    private static partial void LogBegun(ILogger logger, string hostname, string node);

    [LoggerMessage(Level = LogLevel.Information, Message = "Session of {Hostname} ({Node}) ended: {Why}")]
    private static partial void LogEnded(ILogger logger, string hostname, string node, string why);
}
