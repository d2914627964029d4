using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary>
/// Follows the chain record by record. A break is noted, and the rest is followed from what the record says of itself, so
/// that one damaged record is told as one.
/// </summary>
internal sealed class ChainCheck(ChainPlace begin)
{
    private bool _isTied = true;

    /// <summary>How far it has come.</summary>
    public ChainPlace Place { get; private set; } = begin;

    /// <summary>The first record that was looked at; 0 before that.</summary>
    public long First { get; private set; }

    /// <summary>How many were looked at.</summary>
    public long Count { get; private set; }

    /// <summary>Where the chain is broken, in order: the record, and how.</summary>
    public List<(long Sequence, string Problem)> Breaks { get; } = [];

    /// <summary>Begins elsewhere; nothing was looked at yet.</summary>
    public void BeginAt(ChainPlace place) => Place = place;

    /// <summary>Looks at the next record.</summary>
    public void Add(AuditRecord record)
    {
        First = Count++ == 0 ? record.Sequence : First;
        var expected = Place.Sequence + 1;
        if (record.Sequence != expected)
        {
            // What comes after a hole is tied to what is missing, so it can't be computed.
            Breaks.Add((expected, record.Sequence == expected + 1 ? "it is missing" : $"it and all up to {record.Sequence - 1} are missing"));
            _isTied = false;
        }

        if (record.Kind is AuditKind.Unspecified)
        {
            Breaks.Add((record.Sequence, "it is unreadable"));
            _isTied = false;
            Place = new ChainPlace(record.Sequence, record.Hash);
            return;
        }

        if (_isTied && RecordHash.Of(Place.Hash, record) != record.Hash)
        {
            Breaks.Add((record.Sequence, "it was changed, or the one before it was: its hash is not the one that it must have"));
        }

        _isTied = true;
        Place = new ChainPlace(record.Sequence, record.Hash);
    }

    /// <summary>Looks at where the chain must have got to.</summary>
    /// <param name="head">What the agent said was the newest record, before the records were read.</param>
    public void End(ChainPlace head)
    {
        if (Place.Sequence < head.Sequence)
        {
            Breaks.Add((Place.Sequence + 1, $"it is missing, and all up to {head.Sequence}, which the agent calls its newest"));
        }
    }
}
