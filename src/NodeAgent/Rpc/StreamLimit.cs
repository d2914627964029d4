namespace NodeAgent.Rpc;

/// <summary>Open streams and waits, by user.</summary>
internal sealed class StreamLimit
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];

    /// <summary>Takes a place; dispose of it when the stream ends. <c>null</c> when there is none.</summary>
    public IDisposable? Enter(uint uid, int limit)
    {
        lock (_gate)
        {
            var count = _open.GetValueOrDefault(uid);
            if (count >= limit)
            {
                return null;
            }

            _open[uid] = count + 1;
            return new Place(this, uid);
        }
    }

    private void Leave(uint uid)
    {
        lock (_gate)
        {
            if (--_open[uid] == 0)
            {
                _open.Remove(uid);
            }
        }
    }

    private sealed class Place(StreamLimit limit, uint uid) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                limit.Leave(uid);
            }
        }
    }
}
