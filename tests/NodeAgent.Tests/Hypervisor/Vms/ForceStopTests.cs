using System.Diagnostics;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>A force-stop ends the process within 100 ms, whatever is stuck: of several, what is usual is looked at. Runs alone: it looks at times.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ForceStopTests
{
    private const int Rounds = 7;
    private static readonly TimeSpan Promised = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ledger_that_does_not_sync_does_not_hold_it_up()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        (await UsuallyTakesAsync(bench, () => bench.Clock.Stop())).ShouldBeLessThan(Promised);
    }

    [Fact]
    public async Task Loop_that_is_held_up_does_not_hold_it_up()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        (await UsuallyTakesAsync(bench, () => HoldUp(bench.Registry.Find("web")))).ShouldBeLessThan(Promised);
    }

    [Fact]
    public async Task Repeat_that_finds_the_loop_held_up_does_not_end_the_next_run()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        var first = await bench.DoAsync("web", new VmVerb.Stop(Force: true), "once");
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        using var process = PidFd.TryOpen(bench.Registry.Get("web").Run!.Process!)!;
        Task<Operation> repeat;
        using (HoldUp(bench.Registry.Find("web")))
        {
            repeat = bench.DoAsync("web", new VmVerb.Stop(Force: true), "once");
            await Task.Delay(2 * Promised, Ct);
        }

        (await repeat).Id.ShouldBe(first.Id);
        process.HasExited.ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Search_that_finds_the_process_gone_first_does_not_overtake_it(bool wasInterrupted)
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        var vm = bench.Registry.Find("web");
        var interrupted = wasInterrupted ? new Interruption(new IntentRow(bench.Registry.Get("web").Definition.Id, nameof(VmWork.Shutdown), null, null, "", DateTimeOffset.UnixEpoch), null) : null;
        Task found;
        Task<Operation> stop;
        using (HoldUp(vm))
        {
            stop = bench.DoAsync("web", new VmVerb.Stop(Force: true));
            found = vm.TellAsync(new RecoveryFinding.Gone(VmStart.ExitOf(null, DateTimeOffset.UnixEpoch)), interrupted);
        }

        await found;
        (await stop).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
    }

    private static async Task<TimeSpan> UsuallyTakesAsync(VmBench bench, Func<IDisposable> stick)
    {
        var took = new List<TimeSpan>();
        for (var round = 0; round < Rounds; round++)
        {
            await bench.DoAsync("web", new VmVerb.Start(Paused: true));
            using var process = PidFd.TryOpen(bench.Registry.Get("web").Run!.Process!)!;
            var ended = ExitWatch.WaitAsync(process);
            Task<Operation> stop;
            using (stick())
            {
                var began = Stopwatch.GetTimestamp();
                stop = bench.DoAsync("web", new VmVerb.Stop(Force: true), $"request-{round}");
                await ended.WaitAsync(VmBench.Patience, Ct);
                took.Add(Stopwatch.GetElapsedTime(began));
            }

            (await stop).State.ShouldBe(OperationState.Succeeded);
            bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
        }

        return took.Order().ElementAt(Rounds / 2);
    }

    /// <summary>Keeps a VM's loop busy with a change that does not come to its end.</summary>
    private static LetGo HoldUp(Vm vm)
    {
        var goes = new ManualResetEventSlim();
        using var there = new ManualResetEventSlim();
        var change = vm.ChangeAsync(
            null,
            definition =>
            {
                there.Set();
                goes.Wait(VmBench.Patience);
                throw new VmException(VmErrorReason.Cancelled, "It was only to take long.");
            },
            new RequestContext("test"),
            CancellationToken.None);
        there.Wait(VmBench.Patience);
        return new LetGo(goes, change);
    }

    private sealed class LetGo(ManualResetEventSlim goes, Task change) : IDisposable
    {
        public void Dispose()
        {
            goes.Set();
            _ = change.ContinueWith(ended => ended.Exception, TaskScheduler.Default);
        }
    }
}
