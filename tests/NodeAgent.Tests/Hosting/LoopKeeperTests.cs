using Microsoft.Extensions.Logging;
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

    [Fact]
    public async Task Loop_that_does_not_end_when_the_agent_leaves_is_named_and_left_behind()
    {
        var time = new FakeTimeProvider();
        var log = new LastWords();
        using var stopping = new CancellationTokenSource();
        var kept = new LoopKeeper(time, log).KeepAsync("A loop", _ => new TaskCompletionSource().Task, stopping.Token);

        time.Advance(TimeSpan.FromHours(1));
        kept.IsCompleted.ShouldBeFalse("the agent has not left");
        await stopping.CancelAsync();
        while (!kept.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        log.Last.ShouldBe("A loop does not end within 5 s, and the agent leaves without it");
    }

    private sealed class LastWords : ILogger<LoopKeeper>
    {
        public string Last { get; private set; } = "";

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Last = formatter(state, exception);
    }
}
