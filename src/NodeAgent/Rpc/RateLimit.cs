namespace NodeAgent.Rpc;

/// <summary>
/// Calls a second, by user: a bucket holds one second's worth and fills steadily. A user who has been silent long
/// enough to have a full bucket is forgotten, so that memory does not grow with the users seen.
/// </summary>
internal sealed class RateLimit(TimeProvider time)
{
    private const int Crowded = 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Bucket> _buckets = [];

    /// <summary>Takes a call; <c>null</c> when it may go on, else how long to wait.</summary>
    public TimeSpan? Take(uint uid, int perSecond)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (!_buckets.TryGetValue(uid, out var bucket))
            {
                ForgetFull(now, perSecond);
                bucket = new Bucket(perSecond, now);
            }

            var tokens = Filled(bucket, now, perSecond);
            if (tokens < 1)
            {
                _buckets[uid] = new Bucket(tokens, now);
                return TimeSpan.FromSeconds((1 - tokens) / perSecond);
            }

            _buckets[uid] = new Bucket(tokens - 1, now);
            return null;
        }
    }

    /// <summary>How many users are remembered.</summary>
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

        foreach (var (uid, bucket) in _buckets.ToList())
        {
            if (Filled(bucket, now, perSecond) >= perSecond)
            {
                _buckets.Remove(uid);
            }
        }
    }

    private readonly record struct Bucket(double Tokens, long At);
}
