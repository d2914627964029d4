using NodeAgent.Fleet;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Manager.V1;
using NodeAgent.Rpc;

namespace NodeAgent.Sessions;

/// <summary>
/// Sends the durable events from where the manager has them. A few batches may be on their way; what was not acknowledged
/// when a session ends is sent again in the next.
/// </summary>
internal sealed class SessionEvents(SessionOutput output, NodeView view, SessionBoard board)
{
    private const int BatchEvents = 200, MostBatches = 4;

    // A quarter of what a message may hold, because an event of any size comes on top.
    private const int BatchBytes = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _window = new(MostBatches, MostBatches);
    private readonly Queue<long> _sent = new();
    private readonly Lock _gate = new();

    /// <summary>Sends until the session ends.</summary>
    /// <param name="acknowledged">Number of the last event that the manager has.</param>
    /// <param name="cancellationToken">The session's end.</param>
    public async Task RunAsync(long acknowledged, CancellationToken cancellationToken)
    {
        var newest = view.Events.Newest;
        board.AcknowledgedEvent = acknowledged;

        // More than we ever had: the manager speaks of another log under this id, or this one was put back from a copy.
        var place = new EventToken(newest.LedgerId, Math.Clamp(acknowledged, 0, newest.Sequence));
        var follower = view.Events.Follow(place, new EventFilter());
        while (true)
        {
            switch (await follower.NextAsync(BatchEvents, Patience, cancellationToken))
            {
                case EventPage { Events: { IsEmpty: false } events } page:
                    foreach (var batch in Batches(events.Select(item => EventWriter.Write(item, page.Next.LedgerId))))
                    {
                        await SendAsync(batch, batch.Events[^1].Sequence, cancellationToken);
                    }

                    break;
                case EventsOutOfRange trimmed:
                    await SendAsync(new EventBatch { LostUntil = trimmed.Oldest.Sequence }, trimmed.Oldest.Sequence, cancellationToken);
                    follower = view.Events.Follow(trimmed.Oldest, new EventFilter());
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The manager holds durably what it was sent.</summary>
    public void Acknowledged(EventAck answer)
    {
        board.AcknowledgedEvent = answer.Sequence;
        lock (_gate)
        {
            while (_sent.TryPeek(out var last) && last <= answer.Sequence)
            {
                _sent.Dequeue();
                _window.Release();
            }
        }
    }

    /// <summary>Puts events into messages that every manager can take.</summary>
    internal static IEnumerable<EventBatch> Batches(IEnumerable<V1.Event> events)
    {
        var batch = new EventBatch();
        var bytes = 0;
        foreach (var item in events)
        {
            var size = item.CalculateSize();
            if (bytes + size > BatchBytes && batch.Events.Count > 0)
            {
                yield return batch;
                (batch, bytes) = (new EventBatch(), 0);
            }

            batch.Events.Add(item);
            bytes += size;
        }

        yield return batch;
    }

    private async Task SendAsync(EventBatch batch, long last, CancellationToken cancellationToken)
    {
        await _window.WaitAsync(cancellationToken);
        lock (_gate)
        {
            _sent.Enqueue(last);
        }

        await output.SayAsync(new OpenSessionRequest { Events = batch }, cancellationToken);
    }
}
