namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// A reader that goes on where it stopped and waits at the end of the log. Holds a place and nothing else, so a slow one
/// costs nothing; one that is slower than the trimming is told so. Used by one caller at a time.
/// </summary>
public sealed class EventFollower
{
    private readonly EventLog _log;
    private readonly EventFilter _filter;

    internal EventFollower(EventLog log, EventToken after, EventFilter filter)
    {
        _log = log;
        _filter = filter;
        Place = after;
    }

    /// <summary>Up to where this follower has read; following from here again loses and repeats nothing.</summary>
    public EventToken Place { get; private set; }

    /// <summary>
    /// Gives the next events as soon as there are any; an empty page when there are none after <paramref name="patience"/>.
    /// </summary>
    /// <param name="limit">How many events at most, 1 to 1000.</param>
    /// <param name="patience">How long to wait at the end of the log.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public async Task<EventRead> NextAsync(int limit, TimeSpan patience, CancellationToken cancellationToken)
    {
        EventRead read = await _log.ReadAsync(Place, _filter, limit, cancellationToken);
        if (read is EventPage { Events.IsEmpty: true } end)
        {
            Place = end.Next;
            await _log.WaitBeyondAsync(Place, patience, cancellationToken);
            read = await _log.ReadAsync(Place, _filter, limit, cancellationToken);
        }

        Place = read is EventPage page ? page.Next : Place;
        return read;
    }
}
