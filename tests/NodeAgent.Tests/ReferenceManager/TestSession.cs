using Grpc.Core;
using NodeAgent.Manager.V1;
using NodeAgent.V1;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>The node's end of a session.</summary>
internal sealed class TestSession(
    TestNode node, SessionService.SessionServiceClient client, AsyncDuplexStreamingCall<OpenSessionRequest, OpenSessionResponse> call) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private long _lease;

    public SessionService.SessionServiceClient Client => client;

    /// <summary>Sends, unless the manager has ended the session; why is for <see cref="EndAsync"/> to say.</summary>
    public async Task SendAsync(OpenSessionRequest message)
    {
        try
        {
            await call.RequestStream.WriteAsync(message);
        }
        catch (RpcException)
        {
        }
    }

    public Task SendLeaseAsync(long trustVersion = 0) => SendAsync(new OpenSessionRequest
    {
        Lease = new Lease { NodeId = node.Id, BootId = "boot", AgentEpoch = 1, Sequence = ++_lease, TrustVersion = trustVersion },
    });

    public Task SendEventsAsync(params IEnumerable<long> sequences) => SendAsync(new OpenSessionRequest
    {
        Events = new EventBatch { Events = { sequences.Select(sequence => new Event { Sequence = sequence, Kind = "vm.started", Time = new() }) } },
    });

    public Task SendInventoryAsync(Inventory inventory) => SendAsync(new OpenSessionRequest { Inventory = inventory });

    /// <summary>The next message, which must be of this kind.</summary>
    public async Task<OpenSessionResponse> NextAsync(OpenSessionResponse.ItemOneofCase kind)
    {
        (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(s_patience)).ShouldBeTrue();
        call.ResponseStream.Current.ItemCase.ShouldBe(kind);
        return call.ResponseStream.Current;
    }

    /// <summary>Reads until the manager ends it.</summary>
    public async Task<Status> EndAsync()
    {
        try
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(s_patience))
            {
            }

            return Status.DefaultSuccess;
        }
        catch (RpcException error)
        {
            return error.Status;
        }
    }

    /// <summary>Closes it as a node does that goes away in order.</summary>
    public async Task CloseAsync()
    {
        await call.RequestStream.CompleteAsync();
        (await EndAsync()).StatusCode.ShouldBe(StatusCode.OK);
    }

    public void Dispose() => call.Dispose();
}
