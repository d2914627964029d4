using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class HostSuspendTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guest_that_refuses_or_is_paused_is_suspended_and_goes_on_after_the_boot()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"system_powerdown","do":"ignore","vm":"refuses"}]""");
        await StartAsync(bench, "obeys", order: null);
        await StartAsync(bench, "refuses", order: null);
        await StartAsync(bench, "paused", order: 3);
        await bench.DoAsync("paused", new VmVerb.Pause());
        Suspend(bench);

        await new HostShutdown(bench.Registry, bench.Services).RunAsync(TimeSpan.FromMinutes(5), Ct);

        bench.Registry.Get("obeys").LastExit!.Reason.ShouldBe(VmExitReason.HostShutdown);
        foreach (var name in (string[])["refuses", "paused"])
        {
            bench.Registry.Get(name).LastExit!.Reason.ShouldBe(VmExitReason.Suspended);
            bench.Registry.Get(name).Saved.ShouldNotBeNull().ByHost.ShouldBeTrue();
        }

        (await bench.EventsAsync())[^1].Fact.Payload.ShouldContain("All 3 guests are down, 2 of them suspended to disk.");

        await bench.CloseAsync();
        bench.BootId = "boot-2";
        await bench.OpenAsync();
        await AutostartAsync(bench);

        bench.Registry.Get("refuses").State.ShouldBe(new VmState.Running());
        bench.Registry.Get("paused").State.ShouldBe(new VmState.Paused(PauseCause.Requested));
        bench.Registry.Get("obeys").State.ShouldBeOfType<VmState.Stopped>("it has no autostart");
        (await bench.EventsAsync()).Where(item => item.Fact.Kind == "vm.restored").Select(item => item.Fact.VmId)
            .ShouldBe([Id(bench, "paused"), Id(bench, "refuses")], "in the order of autostart, those without it last");
    }

    [Fact]
    public async Task What_somebody_suspended_is_not_started_by_the_host()
    {
        await using var bench = await VmBench.BeginAsync();
        await StartAsync(bench, "web", order: null);
        await bench.DoAsync("web", new VmVerb.Suspend());

        await AutostartAsync(bench);

        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
    }

    [Theory]
    [InlineData("""{"on":"migrate","do":"migrationFails","description":"No space left on device"}""", "No space left on device")]
    [InlineData("""{"on":"migrate","do":"migrationHangs"}""", " left")]
    [InlineData("""{"on":"cont","do":"guestPanic"}""", "GuestPanic")]
    public async Task Guest_that_cannot_be_suspended_is_forced_with_the_reason(string fault, string words)
    {
        await using var bench = await VmBench.BeginAsync($$"""[{"on":"system_powerdown","do":"ignore"},{{fault}}]""");
        await StartAsync(bench, "web", order: null);
        await bench.UntilAsync("web", vm => !fault.Contains("guestPanic", StringComparison.Ordinal) || vm.State is VmState.Paused);
        Suspend(bench);

        await new HostShutdown(bench.Registry, bench.Services).RunAsync(TimeSpan.FromSeconds(6), Ct);

        var exit = bench.Registry.Get("web").LastExit!;
        exit.Reason.ShouldBe(VmExitReason.HostShutdown);
        exit.Message.ShouldContain("could not be suspended");
        exit.Message.ShouldContain(words);
        exit.Signal.ShouldBeNull("QEMU left by itself, and flushed its disks");
        bench.Registry.Get("web").Saved.ShouldBeNull();
        Directory.GetFiles(bench.Services.Options.StateDirectory, "*.state", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Shutdown_that_is_called_off_leaves_a_guest_that_was_being_saved_running()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"system_powerdown","do":"ignore"},{"on":"migrate","do":"migrationHangs"}]""");
        await StartAsync(bench, "web", order: null);
        Suspend(bench);
        using var calledOff = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var ladder = new HostShutdown(bench.Registry, bench.Services);
        var running = ladder.RunAsync(TimeSpan.FromMinutes(5), calledOff.Token);
        await bench.UntilAsync("web", vm => vm.State is VmState.Stopping { How: StopKind.Suspend });

        await calledOff.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => running);
        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
    }

    [Fact]
    public void Half_of_what_comes_before_the_quit_is_kept_for_saving()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var asks = new HostShutdownBudget(TimeSpan.FromSeconds(300), suspends: false, time);
        var saves = new HostShutdownBudget(TimeSpan.FromSeconds(300), suspends: true, time);
        time.Advance(TimeSpan.FromSeconds(5));

        (asks.ToAsk, asks.ToQuit).ShouldBe((TimeSpan.FromSeconds(285), TimeSpan.FromSeconds(295)));
        (saves.ToAsk, saves.ToSave, saves.ToQuit).ShouldBe((TimeSpan.FromSeconds(140), TimeSpan.FromSeconds(285), TimeSpan.FromSeconds(295)));
    }

    private static void Suspend(VmBench bench) => bench.Services.Options = bench.Services.Options with
    {
        HostShutdown = new HostShutdownOptions { GuestTimeout = TimeSpan.FromSeconds(1), Fallback = HostShutdownFallback.Suspend },
    };

    private static Task AutostartAsync(VmBench bench) =>
        new VmAutostart(bench.Registry, bench.Services.Options, bench.BootId, TimeProvider.System, NullLogger.Instance).RunAsync(bench.Services.Operations, Ct);

    private static Guid? Id(VmBench bench, string name) => bench.Registry.Get(name).Definition.Id;

    private static async Task StartAsync(VmBench bench, string name, int? order)
    {
        await bench.CreateAsync(name, spec => spec with { Autostart = order is { } number ? new AutostartSpec(number) : null });
        (await bench.DoAsync(name, new VmVerb.Start())).State.ShouldBe(OperationState.Succeeded);
    }
}
