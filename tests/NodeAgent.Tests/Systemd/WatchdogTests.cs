using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Systemd;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Hypervisor.Ledger;

namespace NodeAgent.Tests.Systemd;

public sealed class WatchdogTests : IAsyncLifetime
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(15), Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private FakeSystemd _systemd = null!;
    private NotifySocket _notify = null!;
    private ServiceReport _report = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        var path = Path.Combine(_directory.Path, "notify");
        _systemd = new FakeSystemd(path);
        _notify = new NotifySocket(path);
        _report = new ServiceReport(_notify, _time);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _report.Dispose();
        await _notify.DisposeAsync();
        _systemd.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task It_is_fed_at_once_and_at_half_its_period_until_it_is_put_away()
    {
        using var watchdog = Watchdog();
        watchdog.Begin(2 * Step);
        await FedAsync();

        _time.Advance(Step - TimeSpan.FromMilliseconds(1));
        await NotFedAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await FedAsync();

        watchdog.Dispose();
        _time.Advance(Step);
        await NotFedAsync();
    }

    [Fact]
    public async Task A_loop_that_takes_its_time_is_asked_once_and_waited_for_until_its_patience_is_over()
    {
        var answer = new TaskCompletionSource();
        var asked = 0;
        var probe = new LifeProbe("the slow one", 8 * Step, _time, () =>
        {
            asked++;
            return answer.Task;
        });
        using var watchdog = Watchdog(probe);
        for (var i = 0; i < 8; i++)
        {
            watchdog.Look();
            await FedAsync();
            _time.Advance(Step);
        }

        watchdog.Look();
        await NotFedAsync();

        // It answers after all, and the next look sees it.
        answer.SetResult();
        await probe.Answer;
        asked.ShouldBe(1);
        watchdog.Look();
        await FedAsync();
    }

    [Fact]
    public async Task A_loop_that_fails_is_dead_once_its_patience_is_over()
    {
        var probe = new LifeProbe("the broken one", 2 * Step, _time, () => throw new InvalidOperationException("no"));
        using var watchdog = Watchdog(probe);
        for (var i = 0; i < 2; i++)
        {
            watchdog.Look();
            await FedAsync();
            await probe.Answer.ContinueWith(_ => { }, TaskScheduler.Default);
            _time.Advance(Step);
        }

        watchdog.Look();
        await NotFedAsync();
    }

    [Fact]
    public async Task One_dead_loop_among_many_is_enough()
    {
        using var watchdog = Watchdog(
            new LifeProbe("the good one", 100 * Step, _time, () => Task.CompletedTask),
            new LifeProbe("the dead one", Step, _time, () => new TaskCompletionSource().Task));
        watchdog.Look();
        await FedAsync();
        _time.Advance(Step);

        watchdog.Look();
        await NotFedAsync();
    }

    [Fact]
    public async Task The_ledgers_writer_that_is_stuck_starves_it_and_one_that_comes_round_feeds_it()
    {
        var clock = new StoppableClock();
        await using var ledger = LedgerSample.Open(LedgerSample.Options(_directory), clock).Ledger;
        await ledger.CommitAsync(LedgerSample.Event(1));
        var probe = new LifeProbe("the ledger's writer", 8 * Step, _time, ledger.ProveAliveAsync);
        using var watchdog = Watchdog(probe);
        watchdog.Look();
        await FedAsync();
        await probe.Answer.WaitAsync(Patience, Cancellation);

        clock.Stop();
        var stuck = ledger.CommitAsync(LedgerSample.Event(2));
        await clock.Stopped.WaitAsync(Patience, Cancellation);
        for (var i = 0; i < 8; i++)
        {
            watchdog.Look();
            await FedAsync();
            _time.Advance(Step);
        }

        watchdog.Look();
        await NotFedAsync();

        clock.Go();
        await stuck;
        await probe.Answer.WaitAsync(Patience, Cancellation);
        watchdog.Look();
        await FedAsync();
    }

    [Fact]
    public async Task A_ledger_that_is_closed_cannot_prove_that_it_lives()
    {
        var ledger = LedgerSample.Open(_directory).Ledger;
        await ledger.ProveAliveAsync();
        await ledger.DisposeAsync();

        (await Should.ThrowAsync<LedgerException>(() => ledger.ProveAliveAsync())).Reason.ShouldBe(LedgerReason.Closed);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(1)]
    public async Task A_whole_agent_answers_all_that_is_asked_also_when_its_door_is_closed_to_one_more_client(int connections)
    {
        await using var agent = await RunningAgent.StartAsync(options => options with { Limits = options.Limits with { MaxConnections = connections } });
        await new V1.VmService.VmServiceClient(agent.Channel).ListVmsAsync(new(), cancellationToken: Cancellation);
        var probes = LifeProbes.Of(agent.Floor.Ledger, agent.Floor.Registry, agent.SocketPath, TimeProvider.System);
        probes.Count.ShouldBe(3);

        foreach (var probe in probes)
        {
            probe.Look().ShouldBeNull();
            await probe.Answer.WaitAsync(Patience, Cancellation);
        }
    }

    private Watchdog Watchdog(params LifeProbe[] probes) => new(_notify, _report, probes, _time, NullLogger<Watchdog>.Instance);

    private async Task FedAsync() => (await _systemd.NextButAsync("EXTEND")).ShouldBe("WATCHDOG=1");

    // Messages keep their order, so what comes first is all there was.
    private async Task NotFedAsync()
    {
        _notify.Send("MARK");
        (await _systemd.NextButAsync("EXTEND")).ShouldBe("MARK");
    }

    /// <summary>A clock at which the ledger's thread, which looks at it before and after each commit, can be held.</summary>
    private sealed class StoppableClock : TimeProvider
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stopped => _stopped.Task;

        public void Stop() => _open.Reset();

        public void Go() => _open.Set();

        public override long GetTimestamp()
        {
            if (Thread.CurrentThread.Name == "ledger" && !_open.IsSet)
            {
                _stopped.TrySetResult();
                _open.Wait(TimeSpan.FromMinutes(1), CancellationToken.None);
            }

            return base.GetTimestamp();
        }
    }
}
