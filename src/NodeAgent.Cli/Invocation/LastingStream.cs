using Grpc.Core;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Cli.Invocation;

/// <summary>Keeps a watch open across restarts of the agent.</summary>
internal static class LastingStream
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs a session until it ends by itself or by <c>--timeout</c>, and begins it anew when the agent goes away. When the
    /// agent cannot be reached at the very first attempt, that is an error.
    /// </summary>
    /// <param name="call">The run.</param>
    /// <param name="session">Opens the stream and reads it; calls the action it is given once something has come.</param>
    public static async Task RunAsync(Call call, Func<Action, Task> session)
    {
        var everConnected = false;
        var pause = FirstPause;
        while (true)
        {
            try
            {
                await session(() =>
                {
                    everConnected = true;
                    pause = FirstPause;
                });
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded && call.Deadline <= call.Time.GetUtcNow())
            {
                return;
            }
            catch (RpcException e) when (everConnected && ConnectionLoss.Is(e) && !call.Cancellation.IsCancellationRequested)
            {
                if (pause == FirstPause)
                {
                    call.Printer.Note("the agent went away; waiting for it to come back");
                }

                await Task.Delay(pause, call.Time, call.Cancellation);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }
}
