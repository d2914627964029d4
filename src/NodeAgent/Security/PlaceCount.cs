namespace NodeAgent.Security;

/// <summary>Places that callers hold, a limited number each: connections, streams.</summary>
internal sealed class PlaceCount
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Takes a place; dispose of it in the end, once or more often. <c>null</c> when there is none.</summary>
    public IDisposable? Enter(string caller, int limit)
    {
        lock (_gate)
        {
            var count = _open.GetValueOrDefault(caller);
            if (count >= limit)
            {
                return null;
            }

            _open[caller] = count + 1;
            return new Place(this, caller);
        }
    }

    private void Leave(string caller)
    {
        lock (_gate)
        {
            if (--_open[caller] == 0)
            {
                _open.Remove(caller);
            }
        }
    }

    private sealed class Place(PlaceCount limit, string caller) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                limit.Leave(caller);
            }
        }
    }
}
