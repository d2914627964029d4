namespace ReferenceManager.Sessions;

/// <summary>How late leases were, to the millisecond. One that is early has made up for one that was late, and counts as on time.</summary>
internal sealed class LeaseDelays
{
    // A session is over long before a lease is so late.
    private readonly long[] _byMilliseconds = new long[200_000];

    /// <summary>One came so much after its time.</summary>
    public void Count(TimeSpan delay) =>
        Interlocked.Increment(ref _byMilliseconds[Math.Clamp((long)delay.TotalMilliseconds, 0, _byMilliseconds.Length - 1)]);

    /// <summary>That share of them came no later than this; zero before the first.</summary>
    public TimeSpan At(double share)
    {
        var wanted = (long)Math.Ceiling(share * _byMilliseconds.Sum());
        var at = 0;
        for (var seen = _byMilliseconds[0]; seen < wanted; seen += _byMilliseconds[at])
        {
            at++;
        }

        return TimeSpan.FromMilliseconds(at);
    }
}
