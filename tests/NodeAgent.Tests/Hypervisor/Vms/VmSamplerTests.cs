using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class VmSamplerTests
{
    /// <summary>SIGSTOP, SIGCONT.</summary>
    private const int Freeze = 19, Thaw = 18;

    [Fact]
    public async Task Guests_that_hang_hold_up_no_round_and_are_skipped_until_they_have_answered()
    {
        await using var bench = await VmBench.BeginAsync();
        var asked = new ConcurrentQueue<string>();
        bench.Services.Options = bench.Services.Options with
        {
            // A round that waited for one that hangs would not end before this test's patience does.
            Monitor = bench.Services.Options.Monitor with { SampleTimeout = 10 * VmBench.Patience, OnCommand = (command, _, _) => asked.Enqueue(command) },
        };
        string[] well = ["well-1", "well-2"], sick = [.. Enumerable.Range(1, 12).Select(number => $"sick-{number}")];
        foreach (var name in sick.Concat(well))
        {
            await bench.CreateAsync(name);
        }

        await Task.WhenAll(sick.Concat(well).Select(name => bench.DoAsync(name, new VmVerb.Start())));
        SendTo(bench, sick, Freeze);
        var sampler = new VmSampler(bench.Registry, TimeProvider.System);
        var samples = Channel.CreateUnbounded<string>();
        sampler.OnSample = (vm, _) => samples.Writer.TryWrite(vm.Definition.Name);

        for (var round = 0; round < 3; round++)
        {
            await sampler.SampleAllAsync(Ct).WaitAsync(VmBench.Patience, Ct);
            (await TakeAsync(samples, well.Length)).ShouldBe(well, ignoreOrder: true, $"round {round}");
        }

        sick.ShouldAllBe(name => bench.Registry.Find(name).Stats == null);
        SendTo(bench, sick, Thaw);
        (await TakeAsync(samples, sick.Length)).ShouldBe(sick, ignoreOrder: true, "what was asked once is answered once");
        asked.Count(command => command == "query-blockstats").ShouldBe((3 * well.Length) + sick.Length, "who has not answered is not asked again");

        await sampler.SampleAllAsync(Ct).WaitAsync(VmBench.Patience, Ct);
        (await TakeAsync(samples, well.Length + sick.Length)).ShouldBe(sick.Concat(well), ignoreOrder: true, "who answers again is sampled again");
        samples.Reader.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Look_sets_nothing_off_and_makes_the_next_beat_one_that_samples()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var time = new FakeTimeProvider();
        var samples = Channel.CreateUnbounded<string>();
        var sampler = new VmSampler(bench.Registry, time) { OnSample = (vm, _) => samples.Writer.TryWrite(vm.Definition.Name) };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = sampler.RunAsync(end.Token);
        await TakeAsync(samples, 1);

        for (var look = 0; look < 100; look++)
        {
            sampler.LookAt(bench.Registry.Get("web").Definition.Id).ShouldNotBeNull();
        }

        // Only time brings the next sample, and many looks bring one.
        time.Advance(sampler.Interval);
        await TakeAsync(samples, 1);
        time.Advance(sampler.Interval);
        sampler.Look();
        time.Advance(sampler.Interval);
        await TakeAsync(samples, 1);
        time.Advance(sampler.IdleInterval);
        await TakeAsync(samples, 1);

        await end.CancelAsync();
        await running;
        samples.Reader.Count.ShouldBe(0);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static void SendTo(VmBench bench, IEnumerable<string> names, int signal)
    {
        foreach (var name in names)
        {
            using var process = PidFd.TryOpen(bench.Registry.Get(name).Run!.Process!);
            process!.Send(signal);
        }
    }

    private static async Task<IReadOnlyList<string>> TakeAsync(Channel<string> samples, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(VmBench.Patience);
        var taken = new List<string>();
        while (taken.Count < count)
        {
            taken.Add(await samples.Reader.ReadAsync(patience.Token));
        }

        return taken;
    }
}
