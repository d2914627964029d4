using System.Globalization;
using NodeAgent.Hypervisor.Events;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Observed facts that the disk did not take, in order. Events are bounded; the other writes of a batch are always kept,
/// because there are at most a few for each VM and operation, and nothing new begins while the disk takes nothing.
/// </summary>
internal sealed class LedgerBacklog(int eventLimit)
{
    private readonly Queue<LedgerBatch> _batches = new();
    private DateTimeOffset _firstLost;
    private DateTimeOffset _lastLost;

    public int Count => _batches.Count;

    public int Events { get; private set; }

    /// <summary>Events that did not fit.</summary>
    public long Lost { get; private set; }

    public bool IsEmpty => _batches.Count == 0 && Lost == 0;

    public void Add(LedgerBatch batch)
    {
        int events = batch.Count(static write => write is AppendEvent);
        // Once one was lost all later ones are, so that the hole is one hole, and at the end of what is kept.
        if (Lost == 0 && Events + events <= eventLimit)
        {
            Events += events;
            _batches.Enqueue(batch);
            return;
        }

        foreach (EventDraft fact in batch.OfType<AppendEvent>().Select(static write => write.Fact))
        {
            _firstLost = Lost == 0 ? fact.Time : _firstLost;
            _lastLost = fact.Time;
            Lost++;
        }

        var rest = new LedgerBatch(batch.Where(static write => write is not AppendEvent));
        if (rest.Count > 0)
        {
            _batches.Enqueue(rest);
        }
    }

    /// <summary>The oldest batches, at most this many.</summary>
    public List<LedgerBatch> Peek(int count) => [.. _batches.Take(count)];

    /// <summary>Forgets the oldest batches, which are written now.</summary>
    public void Remove(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Events -= _batches.Dequeue().Count(static write => write is AppendEvent);
        }
    }

    /// <summary>An event that says what was lost.</summary>
    public LedgerBatch LossMarker()
    {
        string lost = Lost.ToString(CultureInfo.InvariantCulture);
        var payload = new EventPayload(
            $"{lost} events were lost because the disk took nothing for too long.",
            EventSeverity.Error,
            Details: new Dictionary<string, string>
            {
                ["lost"] = lost,
                ["first"] = _firstLost.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                ["last"] = _lastLost.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            });
        return new LedgerBatch(new AppendEvent(new EventDraft(_lastLost, LedgerEvent.LostKind, null, payload.ToJson())));
    }

    public void ForgetLoss() => Lost = 0;
}
