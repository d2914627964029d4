namespace NodeAgent.Security;

/// <summary>
/// So many a second, by caller: calls, handshakes. A bucket holds one second's worth and fills steadily. A caller who has
/// been silent long enough to have a full bucket is forgotten, so that memory does not grow with the callers seen.
/// </summary>
internal sealed class RateLimit(TimeProvider time)
{
    private const int Crowded = 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one; <c>null</c> when it may go on, else how long to wait.</summary>
    public TimeSpan? Take(string caller, int perSecond)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (!_buckets.TryGetValue(caller, out var bucket))
            {
                ForgetFull(now, perSecond);
                bucket = new Bucket(perSecond, now);
            }

            var tokens = Filled(bucket, now, perSecond);
            if (tokens < 1)
            {
                _buckets[caller] = new Bucket(tokens, now);
                return TimeSpan.FromSeconds((1 - tokens) / perSecond);
            }

            _buckets[caller] = new Bucket(tokens - 1, now);
            return null;
        }
    }

    /// <summary>How many callers are remembered.</summary>
    internal int Remembered
    {
        get
        {
            lock (_gate)
            {
                return _buckets.Count;
            }
        }
    }

    private double Filled(Bucket bucket, long now, int perSecond) =>
        Math.Min(perSecond, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));

    private void ForgetFull(long now, int perSecond)
    {
        if (_buckets.Count < Crowded)
        {
            return;
        }

        foreach (var (caller, bucket) in _buckets.ToList())
        {
            if (Filled(bucket, now, perSecond) >= perSecond)
            {
                _buckets.Remove(caller);
            }
        }
    }

    private readonly record struct Bucket(double Tokens, long At);
}
