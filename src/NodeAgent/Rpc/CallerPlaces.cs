using System.Threading.RateLimiting;

namespace NodeAgent.Rpc;

/// <summary>
/// So many calls of one caller at a time, and so many more that wait. A caller without calls costs nothing. The framework's
/// own partitions look after themselves ten times a second, which hundreds of idle agents on a machine would pay for.
/// </summary>
/// <param name="atOnce">How many of each.</param>
/// <param name="waiting">How many more may wait.</param>
internal sealed class CallerPlaces(int atOnce, int waiting)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    /// <summary>How many callers have calls.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _rooms.Count;
            }
        }
    }

    /// <summary>Takes a place, or waits for one.</summary>
    /// <returns>The place, which is to be given back; also where none was to be had.</returns>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async ValueTask<Place> EnterAsync(string caller, CancellationToken cancellationToken)
    {
        Room? room;
        lock (_gate)
        {
            if (!_rooms.TryGetValue(caller, out room))
            {
                _rooms[caller] = room = new Room(new ConcurrencyLimiter(new ConcurrencyLimiterOptions
                {
                    PermitLimit = atOnce,
                    QueueLimit = waiting,
                    QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
                }));
            }

            room.Inside++;
        }

        try
        {
            return new Place(this, caller, await room.Limiter.AcquireAsync(1, cancellationToken));
        }
        catch
        {
            Leave(caller);
            throw;
        }
    }

    private void Leave(string caller)
    {
        lock (_gate)
        {
            var room = _rooms[caller];
            if (--room.Inside == 0)
            {
                _rooms.Remove(caller);
                room.Limiter.Dispose();
            }
        }
    }

    /// <summary>A place, or the refusal of one.</summary>
    internal sealed class Place(CallerPlaces places, string caller, RateLimitLease lease) : IDisposable
    {
        /// <summary>Whether it is one.</summary>
        public bool IsAcquired => lease.IsAcquired;

        public void Dispose()
        {
            lease.Dispose();
            places.Leave(caller);
        }
    }

    private sealed class Room(ConcurrencyLimiter limiter)
    {
        public ConcurrencyLimiter Limiter => limiter;

        /// <summary>Calls that are worked on or wait.</summary>
        public int Inside { get; set; }
    }
}
