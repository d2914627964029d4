using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class NodeMaintenanceTests
{
    private static readonly RequestContext Alice = new("uid:1000(alice)");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_started_in_maintenance_and_guests_run_on()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync("runs");
        await bench.CreateAsync("stands");
        await bench.DoAsync("runs", new VmVerb.Start());
        var maintenance = new NodeMaintenance(bench.Services);

        await maintenance.EnterAsync("new memory", Alice, Ct);

        var refusal = await Should.ThrowAsync<VmException>(() => bench.DoAsync("stands", new VmVerb.Start()));
        refusal.Reason.ShouldBe(VmErrorReason.NodeInMaintenance);
        refusal.Message.ShouldContain("new memory");
        refusal.Message.ShouldContain("nodectl node maintenance exit");
        bench.Registry.Get("runs").State.ShouldBe(new VmState.Running());
        (await bench.DoAsync("runs", new VmVerb.Start())).State.ShouldBe(OperationState.Succeeded, "there is nothing to do for it");

        await maintenance.ExitAsync(Alice, Ct);
        (await bench.DoAsync("stands", new VmVerb.Start())).State.ShouldBe(OperationState.Succeeded);
        (await bench.EventsAsync()).Where(item => item.Fact.Kind.StartsWith("node.", StringComparison.Ordinal)).Select(item => (item.Fact.Kind, item.Fact.Caller))
            .ShouldBe([("node.maintenance-entered", Alice.Caller), ("node.maintenance-exited", Alice.Caller)]);
    }

    [Fact]
    public async Task Maintenance_outlives_the_agent()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await new NodeMaintenance(bench.Services).EnterAsync("moved", Alice, Ct);
        var before = bench.Services.Gate.Maintenance.ShouldNotBeNull();

        await bench.CloseAsync();
        await bench.OpenAsync();

        bench.Services.Gate.Maintenance.ShouldBe(before);
        (await Should.ThrowAsync<VmException>(() => bench.DoAsync("web", new VmVerb.Start()))).Reason.ShouldBe(VmErrorReason.NodeInMaintenance);
        await new NodeMaintenance(bench.Services).ExitAsync(Alice, Ct);
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Services.Gate.Maintenance.ShouldBeNull();
    }

    [Fact]
    public async Task A_second_enter_changes_the_reason_and_not_the_time()
    {
        await using var bench = await VmBench.BeginAsync();
        var maintenance = new NodeMaintenance(bench.Services);
        await maintenance.EnterAsync("one", Alice, Ct);
        var since = maintenance.Current!.Since;
        await maintenance.EnterAsync("two", Alice, Ct);
        await maintenance.EnterAsync("two", Alice, Ct);

        maintenance.Current.ShouldBe(new MaintenanceRow("two", Alice.Caller, since));
        (await bench.EventsAsync()).Count(item => item.Fact.Kind == "node.maintenance-entered").ShouldBe(2);
    }

    [Fact]
    public async Task A_repeated_request_is_not_carried_out_again()
    {
        await using var bench = await VmBench.BeginAsync();
        var maintenance = new NodeMaintenance(bench.Services);
        var enter = Alice with { RequestId = "r1", Fingerprint = "enter" };
        await maintenance.EnterAsync("late", enter, Ct);
        await maintenance.ExitAsync(Alice, Ct);

        await maintenance.EnterAsync("late", enter, Ct);

        maintenance.Current.ShouldBeNull("the repeat of an old request says nothing new");
        (await Should.ThrowAsync<VmException>(() => maintenance.ExitAsync(enter with { Fingerprint = "exit" }, Ct))).Reason.ShouldBe(VmErrorReason.RequestIdReused);
    }

    [Fact]
    public async Task Autostart_waits_for_the_end_of_maintenance()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: spec => spec with { Autostart = new AutostartSpec() });
        var maintenance = new NodeMaintenance(bench.Services);
        await maintenance.EnterAsync("", Alice, Ct);
        var autostart = new VmAutostart(bench.Registry, bench.Services.Options, "boot-2", TimeProvider.System, NullLogger.Instance)
            .RunAsync(bench.Services.Operations, Ct);
        autostart.IsCompleted.ShouldBeFalse();
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();

        await maintenance.ExitAsync(Alice, Ct);

        await autostart.WaitAsync(VmBench.Patience, Ct);
        bench.Registry.Get("web").State.ShouldBe(new VmState.Running());
    }

    [Fact]
    public async Task A_restart_after_a_crash_is_held_until_the_end_of_maintenance()
    {
        await using var bench = await VmBench.BeginAsync();
        await CrashInMaintenanceAsync(bench);

        await new NodeMaintenance(bench.Services).ExitAsync(Alice, Ct);

        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
    }

    [Fact]
    public async Task A_restart_that_is_held_is_given_up_when_somebody_stops_the_VM()
    {
        await using var bench = await VmBench.BeginAsync();
        await CrashInMaintenanceAsync(bench);

        await bench.DoAsync("web", new VmVerb.Stop(Force: false));
        await new NodeMaintenance(bench.Services).ExitAsync(Alice, Ct);

        // Whatever the end of maintenance set off is in the VM's mailbox before this.
        (await bench.DoAsync("web", new VmVerb.Stop(Force: false))).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("not JSON", true)]
    [InlineData("{}", true)]
    [InlineData("""{"reason":"r","caller":"c","since":"2026-01-01T00:00:00+00:00"}""", true)]
    public void What_the_ledger_holds_is_read_with_caution(string? text, bool isMaintenance) =>
        (MaintenanceRow.FromText(text) is not null).ShouldBe(isMaintenance);

    private static async Task CrashInMaintenanceAsync(VmBench bench)
    {
        await bench.CreateAsync(change: spec => spec with
        {
            Restart = new RestartPolicy { Mode = RestartMode.OnFailure, InitialBackoff = TimeSpan.FromMilliseconds(100) },
        });
        await bench.DoAsync("web", new VmVerb.Start());
        await new NodeMaintenance(bench.Services).EnterAsync("", Alice, Ct);
        using var process = PidFd.TryOpen(bench.Registry.Get("web").Run!.Process!);
        process!.Send(PidFd.Kill);
        await bench.UntilEventAsync("vm.restart-held");
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
        bench.Registry.Get("web").NextRestart.ShouldBeNull();
    }
}
