using System.Globalization;
using NodeAgent.Hypervisor.Events;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Observed facts that the disk did not take, in order. Events and records of the audit log are bounded; the other writes of a batch are always kept,
/// because there are at most a few for each VM and operation, and nothing new begins while the disk takes nothing.
/// </summary>
internal sealed class LedgerBacklog(int eventLimit)
{
    private readonly Queue<LedgerBatch> _batches = new();
    private DateTimeOffset _firstLost;
    private DateTimeOffset _lastLost;

    public int Count => _batches.Count;

    /// <summary>Events and records of the audit log that wait.</summary>
    public int Events { get; private set; }

    /// <summary>Events that did not fit.</summary>
    public long Lost { get; private set; }

    /// <summary>Records of the audit log that did not fit.</summary>
    public long LostAudit { get; private set; }

    public bool IsEmpty => _batches.Count == 0 && !HasLost;

    private bool HasLost => Lost > 0 || LostAudit > 0;

    public void Add(LedgerBatch batch)
    {
        int events = batch.Count(IsEntry);
        // Once one was lost all later ones are, so that the hole is one hole, and at the end of what is kept.
        if (!HasLost && Events + events <= eventLimit)
        {
            Events += events;
            _batches.Enqueue(batch);
            return;
        }

        foreach (LedgerWrite write in batch)
        {
            switch (write)
            {
                case AppendEvent append:
                    NoteLoss(append.Fact.Time);
                    Lost++;
                    break;
                case AppendAudit append:
                    NoteLoss(append.Fact.Time);
                    LostAudit++;
                    break;
                default:
                    break;
            }
        }

        var rest = new LedgerBatch(batch.Where(static write => !IsEntry(write)));
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
            Events -= _batches.Dequeue().Count(IsEntry);
        }
    }

    /// <summary>What says, in each log, what that log lost.</summary>
    public LedgerBatch LossMarker()
    {
        var marker = new LedgerBatch();
        if (Lost > 0)
        {
            marker.Add(LossEvent());
        }

        if (LostAudit > 0)
        {
            marker.Add(new AppendAudit(new AuditDraft(_firstLost, AuditKind.Agent)
            {
                Until = _lastLost,
                Count = LostAudit,
                Caller = AuditDraft.Agent,
                Source = AuditDraft.Agent,
                Method = AuditRecord.Lost,
                Detail = "So many records were lost because the disk took nothing for too long.",
            }));
        }

        return marker;
    }

    public void ForgetLoss()
    {
        Lost = 0;
        LostAudit = 0;
    }

    private static bool IsEntry(LedgerWrite write) => write is AppendEvent or AppendAudit;

    private void NoteLoss(DateTimeOffset time)
    {
        _firstLost = HasLost ? _firstLost : time;
        _lastLost = time;
    }

    private AppendEvent LossEvent()
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
        return new AppendEvent(new EventDraft(_lastLost, LedgerEvent.LostKind, null, payload.ToJson()));
    }
}
