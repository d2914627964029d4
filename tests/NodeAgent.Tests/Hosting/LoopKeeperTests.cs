using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hosting;

namespace NodeAgent.Tests.Hosting;

public sealed class LoopKeeperTests
{
    [Fact]
    public async Task Loop_that_fails_begins_anew_until_the_agent_leaves()
    {
        var time = new FakeTimeProvider();
        var runs = 0;
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = new CancellationTokenSource();
        var kept = new LoopKeeper(time, NullLogger<LoopKeeper>.Instance).KeepAsync(
            "A loop",
            async cancellationToken =>
            {
                switch (++runs)
                {
                    case 1:
                        throw new IOException("The disk is full.");
                    case 2:
                        await Task.Yield();
                        throw new InvalidOperationException("A fault of ours.");
                    default:
                        third.SetResult();
                        await Task.Delay(Timeout.Infinite, cancellationToken);
                        break;
                }
            },
            stopping.Token);

        while (!third.Task.IsCompleted)
        {
            kept.IsCompleted.ShouldBeFalse();
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stopping.CancelAsync();
        await kept;
        runs.ShouldBe(3);
    }
}
