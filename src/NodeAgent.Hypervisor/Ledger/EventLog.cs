using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The durable, numbered log of what happened. Readers and followers read from the disk at their own pace and hold no
/// place in memory; followers are only woken.
/// </summary>
public sealed class EventLog
{
    private const int Window = 256;
    private readonly Guid _ledgerId;
    private readonly LedgerReader _reader;
    private readonly EventHead _head;
    private readonly TimeProvider _time;
    private readonly LedgerStatement _select;

    internal EventLog(Guid ledgerId, LedgerReader reader, EventHead head, TimeProvider time)
    {
        _ledgerId = ledgerId;
        _reader = reader;
        _head = head;
        _time = time;
        _select = reader.Prepare(
            $"SELECT seq, {LedgerEvent.Format.ColumnList} FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq");
    }

    /// <summary>The place before the oldest event that is kept.</summary>
    public EventToken Oldest => new(_ledgerId, _head.Oldest - 1);

    /// <summary>The place of the newest durable event: following from here shows only what is new.</summary>
    public EventToken Newest => new(_ledgerId, _head.Newest);

    /// <summary>Reads events that come after a place.</summary>
    /// <param name="after">The place; null for the beginning of what is kept.</param>
    /// <param name="filter">Which events are wanted.</param>
    /// <param name="limit">How many at most, 1 to 1000; more is cut.</param>
    /// <param name="cancellationToken">Ends the read between two pieces.</param>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public async Task<EventRead> ReadAsync(
        EventToken? after, EventFilter filter, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        EventToken place = after ?? Oldest;
        limit = Math.Clamp(limit, 1, 1_000);
        ImmutableArray<LedgerEvent>.Builder wanted = ImmutableArray.CreateBuilder<LedgerEvent>();
        while (true)
        {
            long newest = _head.Newest;
            if (place.LedgerId != _ledgerId || place.Sequence > newest || place.Sequence < 0)
            {
                return new EventsOutOfRange(Oldest, Newest);
            }

            long last = Math.Min(newest, place.Sequence + Window);
            List<LedgerEvent> piece = place.Sequence == last
                ? []
                : await _reader.ReadAsync(() => ReadPiece(place.Sequence, last), cancellationToken);
            // Asked after the read: what was trimmed meanwhile shows here, see EventHead.Trim.
            if (place.Sequence + 1 < _head.Oldest)
            {
                if (after is null)
                {
                    // Whoever named no place cannot have missed it: what is kept begins further on by now.
                    cancellationToken.ThrowIfCancellationRequested();
                    wanted.Clear();
                    place = Oldest;
                    continue;
                }

                return new EventsOutOfRange(Oldest, Newest);
            }

            foreach (LedgerEvent item in piece)
            {
                if (filter.Matches(item.Fact))
                {
                    if (wanted.Count == limit)
                    {
                        return new EventPage(wanted.ToImmutable(), place, IsCaughtUp: false);
                    }

                    wanted.Add(item);
                }

                place = place with { Sequence = item.Sequence };
            }

            if (place.Sequence >= newest)
            {
                return new EventPage(wanted.ToImmutable(), place, IsCaughtUp: true);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Follows the log from a place, without loss and without repetition.</summary>
    /// <param name="after">The place; null for the beginning of what is kept.</param>
    /// <param name="filter">Which events are wanted.</param>
    public EventFollower Follow(EventToken? after, EventFilter filter) => new(this, after ?? Oldest, filter);

    /// <summary>Waits until there is an event after the place, or until the time is up.</summary>
    internal async Task WaitBeyondAsync(EventToken place, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _head.WaitBeyondAsync(place.Sequence).WaitAsync(patience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The follower then gets an empty page, from which its client sees that the agent lives.
        }
    }

    private List<LedgerEvent> ReadPiece(long after, long last)
    {
        var events = new List<LedgerEvent>();
        using SqliteDataReader reader = _select.Query(after, last);
        while (reader.Read())
        {
            long sequence = reader.GetInt64(0);
            FillGap(events, after, sequence);
            events.Add(LedgerEvent.Format.TryRead(reader, offset: 1) ?? LedgerEvent.Unreadable(sequence, _time.GetUtcNow()));
        }

        FillGap(events, after, last + 1);
        return events;
    }

    private void FillGap(List<LedgerEvent> events, long after, long next)
    {
        // Numbers have no gaps as they are written; a row that is missing was lost with a part of the file.
        for (long missing = events.Count == 0 ? after + 1 : events[^1].Sequence + 1; missing < next; missing++)
        {
            events.Add(LedgerEvent.Unreadable(missing, _time.GetUtcNow()));
        }
    }
}
