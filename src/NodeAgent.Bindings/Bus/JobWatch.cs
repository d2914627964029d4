using System.Threading.Channels;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// Collects the jobs of one unit that ended, from before the job in question was asked for: its end cannot be missed,
/// however soon it comes.
/// </summary>
internal sealed class JobWatch
{
    // Jobs of one unit while one of them is awaited. A full channel means that something is odd: look, as after a reset.
    private const int Capacity = 64;

    private readonly Channel<(string Path, string Result)> _ended = Channel.CreateBounded<(string Path, string Result)>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    // Only on the thread of the bus.
    private bool _isAccepted;

    /// <summary>A job's end, or an empty path: signals may have been missed.</summary>
    public ChannelReader<(string Path, string Result)> Ended => _ended.Reader;

    public void Removed(string path, string result) => _ended.Writer.TryWrite((path, result));

    /// <summary>systemd has taken the job: what is missed from now on matters.</summary>
    public void Accept() => _isAccepted = true;

    public void Reset()
    {
        if (_isAccepted)
        {
            _ended.Writer.TryWrite(("", ""));
        }
    }
}
