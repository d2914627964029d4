namespace NodeAgent.Hosting;

/// <summary>
/// Keeps loops going that must not end before the agent does. What no loop expected (a full disk, a fault of ours) is told,
/// and after a pause the loop begins anew, because nobody would notice that it is gone. One that does not end when the agent
/// leaves is told as well, and left behind: the agent ends in order without it.
/// </summary>
internal sealed partial class LoopKeeper(TimeProvider time, ILogger<LoopKeeper> log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromMinutes(1), Patience = TimeSpan.FromSeconds(5);

    /// <summary>Runs a loop until the agent leaves.</summary>
    /// <param name="what">What it does, for the log.</param>
    /// <param name="loop">The loop. It may be run again.</param>
    /// <param name="stopping">The agent leaves.</param>
    public async Task KeepAsync(string what, Func<CancellationToken, Task> loop, CancellationToken stopping)
    {
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            var begin = time.GetTimestamp();
            try
            {
                await EndAsync(what, loop(stopping), stopping);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is, the agent goes on without this loop otherwise.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                pause = time.GetElapsedTime(begin) > LongestPause ? FirstPause : pause;
                LogFault(fault, what, pause.TotalSeconds);
            }

            await Task.Delay(pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Waits for the end of what ends by itself or with the agent.</summary>
    /// <param name="what">What it is, for the log.</param>
    /// <param name="work">The work.</param>
    /// <param name="stopping">The agent leaves; the work was told so.</param>
    public async Task EndAsync(string what, Task work, CancellationToken stopping)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (stopping.Register(told.SetResult))
        {
            await Task.WhenAny(work, told.Task);
        }

        if (await Task.WhenAny(work, Task.Delay(Patience, time, CancellationToken.None)) != work)
        {
            LogLeft(what, Patience.TotalSeconds);
            return;
        }

        await work;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} does not end within {Seconds:0} s, and the agent leaves without it")]
    private partial void LogLeft(string what, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} failed, and begins anew in {Seconds:0} s")]
    private partial void LogFault(Exception fault, string what, double seconds);
}
