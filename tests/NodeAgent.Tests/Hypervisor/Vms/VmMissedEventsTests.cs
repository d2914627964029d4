using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>What a guest did while no agent was there is found by asking, told once, and told as found.</summary>
public sealed class VmMissedEventsTests
{
    [Fact]
    public async Task Shutdown_of_the_guest_and_its_end_are_told_as_found()
    {
        await using var bench = await BeginAsync("guestShutdown");
        await bench.HappensAwayAsync("web", RunState.Shutdown);
        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.GuestShutdown);
        (await bench.UntilEventAsync("vm.stopped")).Fact.Recovered.ShouldBeTrue();
        await ShouldBeToldOnceAsync(bench, "vm.guest-shutdown");
    }

    [Fact]
    public async Task Panic_that_ends_the_run_is_told_as_found()
    {
        await using var bench = await BeginAsync("guestPanic", PanicAction.Stop);
        await bench.HappensAwayAsync("web", RunState.GuestPanicked);
        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.GuestPanic);
        (await bench.UntilEventAsync("vm.stopped")).Fact.Recovered.ShouldBeTrue();
        await ShouldBeToldOnceAsync(bench, "vm.guest-panicked");
    }

    [Fact]
    public async Task Panic_that_leads_to_a_reset_is_told_as_found_and_the_reset_as_seen()
    {
        await using var bench = await BeginAsync("guestPanic", PanicAction.Reset);
        await bench.HappensAwayAsync("web", RunState.GuestPanicked);
        (await bench.UntilEventAsync("vm.reset")).Fact.Recovered.ShouldBeFalse();
        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
        await ShouldBeToldOnceAsync(bench, "vm.guest-panicked");
    }

    [Fact]
    public async Task Panic_that_pauses_is_told_as_found_and_by_no_agent_again()
    {
        await using var bench = await BeginAsync("guestPanic", PanicAction.Pause);
        await bench.HappensAwayAsync("web", RunState.GuestPanicked);
        await bench.UntilAsync("web", vm => vm.State is VmState.Paused { Cause: PauseCause.GuestPanic });
        await ShouldBeToldOnceAsync(bench, "vm.guest-panicked");
        await ShouldBeToldOnceAsync(bench, "vm.paused");
        await bench.CloseAsync();
        await bench.OpenAsync();
        await bench.UntilAsync("web", vm => vm.State is VmState.Paused { Cause: PauseCause.GuestPanic });
        await ShouldBeToldOnceAsync(bench, "vm.guest-panicked");
        await ShouldBeToldOnceAsync(bench, "vm.paused");
    }

    [Fact]
    public async Task What_was_seen_is_not_found_again()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"cont","do":"guestPanic","milliseconds":20}]""");
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.UntilEventAsync("vm.paused");
        await bench.CloseAsync();
        await bench.OpenAsync();
        await bench.UntilAsync("web", vm => vm.State is VmState.Paused { Cause: PauseCause.GuestPanic });
        await bench.UntilEventAsync("vm.adopted");
        (await bench.EventsAsync()).Count(item => item.Fact.Kind is "vm.guest-panicked" or "vm.paused").ShouldBe(2);
    }

    private static async Task<VmBench> BeginAsync(string what, PanicAction action = PanicAction.Pause)
    {
        var bench = await VmBench.BeginAsync($$"""[{"on":"query-name","do":"{{what}}"}]""");
        await bench.CreateAsync(change: spec => spec with { OnPanic = action });
        await bench.DoAsync("web", new VmVerb.Start());
        return bench;
    }

    private static async Task ShouldBeToldOnceAsync(VmBench bench, string kind)
    {
        await bench.UntilEventAsync(kind);
        (await bench.EventsAsync()).Where(item => item.Fact.Kind == kind).ShouldHaveSingleItem().Fact.Recovered.ShouldBeTrue(kind);
    }
}
