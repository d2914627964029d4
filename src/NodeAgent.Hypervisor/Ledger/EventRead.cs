using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What a read of the event log gave. A closed hierarchy.</summary>
public abstract record EventRead
{
    private protected EventRead()
    {
    }
}

/// <summary>Some events, in order.</summary>
/// <param name="Events">Those that the filter wants; may be empty.</param>
/// <param name="Next">Where to go on: also moves past events that the filter did not want.</param>
/// <param name="IsCaughtUp">Whether this reached the newest event that there was.</param>
public sealed record EventPage(ImmutableArray<LedgerEvent> Events, EventToken Next, bool IsCaughtUp) : EventRead;

/// <summary>
/// The place is not in the log: it was trimmed, or belongs to another ledger. The reader has to take stock anew and then
/// follow from <see cref="Newest"/>.
/// </summary>
/// <param name="Oldest">The place before the oldest event that is kept.</param>
/// <param name="Newest">The place of the newest event.</param>
public sealed record EventsOutOfRange(EventToken Oldest, EventToken Newest) : EventRead;
