using System.Threading.Channels;
using Grpc.Core;
using NodeAgent.Manager.V1;

namespace ReferenceManager.Sessions;

/// <summary>
/// One session. Three loops that wait for nobody but the wire:
/// <code>
///   reads ──┬─ Lease ────────────────────────────▶ LeaseAck ──┬─▶ writes
///           ├─ Inventory ─▶ memory ───────────▶ InventoryAck ─┤
///           │                 └──▶┐                           │
///           └─ EventBatch ──────▶ stores, one after the other │
///                                 └─ on the disk ──▶ EventAck ┘
/// </code>
/// The lease is answered from memory, so that a slow disk does not make nodes believe that their manager is gone.
/// </summary>
internal sealed class NodeSession
{
    // A node that does not read what it is sent has a session that is worth nothing.
    private const int MostUnsent = 1024;

    // A node that sends more than this before the first is stored has to wait, and its leases with it.
    private const int MostUnstored = 16;
    private readonly Channel<OpenSessionResponse> _out = Channel.CreateBounded<OpenSessionResponse>(MostUnsent);
    private readonly Channel<Func<Task>> _toStore = Channel.CreateBounded<Func<Task>>(MostUnstored);
    private readonly CancellationTokenSource _end;
    private readonly KnownNode _node;
    private readonly Hello _hello;
    private readonly SessionBooks _books;
    private readonly TimeSpan _leaseInterval;
    private Status _why = new(StatusCode.DeadlineExceeded, $"no lease for {NodeStatus.IntervalsUntilLost} intervals");
    private long _leaseSequence;

    public NodeSession(NodeCaller caller, KnownNode node, Hello hello, SessionBooks books, TimeSpan leaseInterval)
    {
        (Caller, _node, _hello, _books, _leaseInterval) = (caller, node, hello, books, leaseInterval);
        _end = new CancellationTokenSource(NodeStatus.IntervalsUntilLost * leaseInterval, books.Time);
    }

    /// <summary>Whose it is.</summary>
    public NodeCaller Caller { get; }

    /// <summary>Sends a message after those that wait already.</summary>
    public void Send(OpenSessionResponse message)
    {
        if (!_out.Writer.TryWrite(message))
        {
            End(new Status(StatusCode.ResourceExhausted, $"{MostUnsent} messages wait and the node reads none"));
        }
    }

    /// <summary>Ends it; the node learns why.</summary>
    public void End(Status why)
    {
        if (!_end.IsCancellationRequested)
        {
            _why = why;
            _end.Cancel();
        }
    }

    /// <summary>Runs until one end closes it, an error does, or the leases stop.</summary>
    /// <exception cref="RpcException">Why this end closed it.</exception>
    public async Task RunAsync(IAsyncStreamReader<OpenSessionRequest> requests, IServerStreamWriter<OpenSessionResponse> responses)
    {
        Task[] loops = [ReadAsync(requests), WriteAsync(responses), StoreAsync()];
        var first = await Task.WhenAny(loops);
        var isOurDoing = _end.IsCancellationRequested;
        await _end.CancelAsync();
        // The others end now, each with the cancellation or with a connection that is gone; the first one says why.
        await Task.WhenAll(loops.Select(loop => loop.ContinueWith(static _ => { }, TaskScheduler.Default)));
        if (isOurDoing)
        {
            throw new RpcException(_why);
        }

        await first;
    }

    private async Task ReadAsync(IAsyncStreamReader<OpenSessionRequest> requests)
    {
        while (await requests.MoveNext(_end.Token))
        {
            var message = requests.Current;
            switch (message.ItemCase)
            {
                case OpenSessionRequest.ItemOneofCase.Lease:
                    TakeLease(message.Lease);
                    break;
                case OpenSessionRequest.ItemOneofCase.Inventory:
                    await TakeInventoryAsync(message.Inventory);
                    break;
                case OpenSessionRequest.ItemOneofCase.Events:
                    await _toStore.Writer.WriteAsync(() => StoreAsync(message.Events), _end.Token);
                    break;
                case OpenSessionRequest.ItemOneofCase.Hello:
                    throw ProtocolError.OutOfStep("hello: it is the first message of a session and comes once");
                default:
                    // A newer agent may say what this manager does not know; that is no reason to lose it.
                    break;
            }
        }
    }

    private async Task WriteAsync(IServerStreamWriter<OpenSessionResponse> responses)
    {
        await foreach (var message in _out.Reader.ReadAllAsync(_end.Token))
        {
            await responses.WriteAsync(message, _end.Token);
        }
    }

    private async Task StoreAsync()
    {
        await foreach (var store in _toStore.Reader.ReadAllAsync(_end.Token))
        {
            await store();
        }
    }

    private async Task StoreAsync(EventBatch batch)
    {
        var head = await _books.Events.AppendAsync(_node.Id, _hello.EventLogId, batch);
        _node.AcknowledgedEvent = head;
        Send(new OpenSessionResponse { Events = new EventAck { Sequence = head } });
    }

    private void TakeLease(Lease lease)
    {
        if (lease.NodeId != _node.Id)
        {
            throw ProtocolError.NotYours($"lease: the certificate is that of {_node.Id}, not of {lease.NodeId}");
        }

        if (lease.Sequence != _leaseSequence + 1)
        {
            throw ProtocolError.OutOfStep($"lease: {_leaseSequence + 1} is next, not {lease.Sequence}");
        }

        _leaseSequence = lease.Sequence;
        Send(new OpenSessionResponse { Lease = new LeaseAck { Sequence = lease.Sequence } });
        _end.CancelAfter(NodeStatus.IntervalsUntilLost * _leaseInterval);
        var gap = _node.Lease(_books.Time);
        _books.Counters.CountLease(lease.Sequence > 1 ? gap : null, _leaseInterval);
        if (lease.TrustVersion > _node.TrustVersion)
        {
            // Where the queue is full, the next lease says it again.
            _toStore.Writer.TryWrite(() => _books.Nodes.ConfirmTrustAsync(_node, lease.TrustVersion));
        }
    }

    private async Task TakeInventoryAsync(Inventory inventory)
    {
        if (_node.Apply(this, inventory) is not { } change)
        {
            return;
        }

        _books.Counters.CountInventory(change.IsWhole);
        // Taken in means known: what the disk has of it is for the time after a restart, when the node tells it all anew.
        Send(new OpenSessionResponse { Inventory = new InventoryAck { Generation = inventory.Generation } });
        await _toStore.Writer.WriteAsync(() => _books.Nodes.SaveAsync(_node.Id, change), _end.Token);
    }
}
