namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// How many events a guest may cause: a burst, then one in a while. A guest that resets itself or fails its disk
/// without end must not push everybody else's events out of the log. What was left out is counted and told with the
/// next that is not.
/// </summary>
internal sealed class EventBudget(TimeProvider time)
{
    private const int Burst = 20;
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(5);

    private double _tokens = Burst;
    private long _last = time.GetTimestamp();
    private int _leftOut;

    /// <summary>Asks to record one.</summary>
    /// <param name="leftOut">How many were left out since the last.</param>
    public bool TryTake(out int leftOut)
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(Burst, _tokens + (time.GetElapsedTime(_last, now) / Refill));
        _last = now;
        leftOut = _leftOut;
        if (_tokens < 1)
        {
            _leftOut++;
            return false;
        }

        _tokens--;
        _leftOut = 0;
        return true;
    }
}
