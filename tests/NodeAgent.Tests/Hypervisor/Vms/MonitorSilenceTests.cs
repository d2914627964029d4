using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>A monitor that does not answer is told with what kind of silence it is, by a question out of band.</summary>
public sealed class MonitorSilenceTests
{
    /// <summary>SIGSTOP, SIGCONT.</summary>
    private const int Freeze = 19, Thaw = 18;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Main_loop_that_is_held_up_is_told_from_a_process_that_stands_still()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"query-blockstats","vm":"held-up","do":"stall"}]""");
        bench.Services.Options = bench.Services.Options with { Monitor = bench.Services.Options.Monitor with { SampleTimeout = TimeSpan.FromMilliseconds(200) } };
        await bench.CreateAsync("held-up");
        await bench.CreateAsync("stopped");
        await bench.DoAsync("held-up", new VmVerb.Start());
        await bench.DoAsync("stopped", new VmVerb.Start());
        using var process = PidFd.TryOpen(bench.Registry.Get("stopped").Run!.Process!);
        process!.Send(Freeze);

        await Should.ThrowAsync<QmpException>(() => bench.Registry.Find("held-up").SampleAsync(Ct));
        await Should.ThrowAsync<QmpException>(() => bench.Registry.Find("stopped").SampleAsync(Ct));

        (await WhyAsync(bench, "held-up")).ShouldContain("main loop is held up");
        (await WhyAsync(bench, "stopped")).ShouldContain("process is stopped");
        process.Send(Thaw);
    }

    private static async Task<string> WhyAsync(VmBench bench, string vm) =>
        (await bench.UntilAsync(vm, now => now.Conditions.Any(one => one.Kind is VmConditionKind.MonitorSilent))).Conditions.Single().Message;
}
