using Microsoft.Extensions.Time.Testing;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Systemd;
using NodeAgent.Tests.Hypervisor.Ledger;

namespace NodeAgent.Tests.Systemd;

public sealed class ServiceReportTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Readiness _readiness = new();
    private readonly VmFeed _feed = new();
    private FakeSystemd _systemd = null!;
    private NotifySocket _notify = null!;
    private ServiceReport _report = null!;
    private NodeLedger _ledger = null!;

    public ValueTask InitializeAsync()
    {
        var path = Path.Combine(_directory.Path, "notify");
        _systemd = new FakeSystemd(path);
        _notify = new NotifySocket(path);
        _report = new ServiceReport(_notify, _time);
        _ledger = LedgerSample.Open(_directory).Ledger;
        _report.Follow(_feed, _ledger);
        _report.Follow(_readiness, TimeSpan.FromSeconds(10));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _report.Dispose();
        await _notify.DisposeAsync();
        await _ledger.DisposeAsync();
        _systemd.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Ready_is_said_once_the_agent_is_and_with_the_status()
    {
        _report.Starting("looking after the guests");
        _feed.Publish(Vm(1, new VmState.Running()));
        (await _systemd.NextButAsync("EXTEND")).ShouldBe("STATUS=Starting: looking after the guests");

        _readiness.Advance(AgentPhase.Ready);

        (await _systemd.NextButAsync("EXTEND")).ShouldBe("READY=1\nSTATUS=1 VM running; ledger ok");
    }

    [Fact]
    public async Task The_manager_is_asked_for_more_time_while_the_agent_starts_but_not_for_ever()
    {
        const string More = "EXTEND_TIMEOUT_USEC=20000000";
        (await _systemd.NextAsync()).ShouldBe(More);
        for (var step = TimeSpan.Zero; step < ServiceReport.StartLimit - TimeSpan.FromSeconds(10); step += TimeSpan.FromSeconds(10))
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            (await _systemd.NextAsync()).ShouldBe(More);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        _readiness.Advance(AgentPhase.Ready);

        (await _systemd.NextAsync()).ShouldStartWith("READY=1");
        _time.Advance(TimeSpan.FromMinutes(1));
        await SilentAsync();
    }

    [Fact]
    public async Task The_manager_waits_for_guests_that_go_down_with_the_host()
    {
        await ReadyAsync();
        _readiness.Advance(AgentPhase.Stopping);
        (await _systemd.NextAsync()).ShouldStartWith("STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000\n");

        _report.LeavingWithHost(TimeSpan.FromMinutes(5));

        (await _systemd.NextAsync()).ShouldBe("EXTEND_TIMEOUT_USEC=315000000\nSTATUS=Stopping; guests are shut down before the host");
    }

    [Fact]
    public async Task The_status_follows_what_happens_and_a_burst_is_one_line()
    {
        await ReadyAsync();
        _feed.Publish(Vm(1, new VmState.Starting(false)));
        _time.Advance(ServiceReport.Pause);
        (await _systemd.NextAsync()).ShouldBe("STATUS=1 VM starting; ledger ok");

        // Until a moment has passed nothing more is said, and then only what is so by then.
        _feed.Publish(Vm(1, new VmState.Running()));
        for (var n = 2; n <= 20; n++)
        {
            _feed.Publish(Vm(n, new VmState.Running()));
        }

        _feed.Remove(LedgerSample.Id(20), "vm-20");
        await SilentAsync();
        _time.Advance(ServiceReport.Pause);

        (await _systemd.NextAsync()).ShouldBe("STATUS=19 VMs running; ledger ok");
    }

    [Fact]
    public async Task What_changes_nothing_in_the_line_is_not_said()
    {
        await ReadyAsync();
        _feed.Publish(Vm(1, new VmState.Running()));
        _time.Advance(ServiceReport.Pause);
        (await _systemd.NextAsync()).ShouldBe("STATUS=1 VM running; ledger ok");

        _feed.Publish(Vm(1, new VmState.Running()));
        _time.Advance(ServiceReport.Pause);

        await SilentAsync();
    }

    [Fact]
    public async Task A_reload_is_told_when_it_begins_and_ends_and_its_failure_stays_in_the_status()
    {
        await ReadyAsync();

        _report.BeginReload();
        _report.EndReload(new ReloadOutcome(default, [new ConfigProblem("file", 1, "key", "Wrong.", "Mend it.")], [], []));

        (await _systemd.NextAsync()).ShouldMatch(@"^RELOADING=1\nMONOTONIC_USEC=\d+$");
        (await _systemd.NextAsync()).ShouldBe("READY=1\nSTATUS=no VMs; ledger ok; the last reload failed (1 fault), the old configuration is in force");

        _report.BeginReload();
        _report.EndReload(new ReloadOutcome(default, [], [], []));
        (await _systemd.NextAsync()).ShouldStartWith("RELOADING=1");
        (await _systemd.NextAsync()).ShouldBe("READY=1\nSTATUS=no VMs; ledger ok");
    }

    [Fact]
    public async Task A_reload_while_the_agent_starts_does_not_make_it_ready()
    {
        _report.BeginReload();
        _report.EndReload(new ReloadOutcome(default, [], [], []));
        _report.Starting("still");

        (await _systemd.NextButAsync("EXTEND")).ShouldBe("STATUS=Starting: still");
    }

    [Fact]
    public async Task A_stop_is_told_with_how_long_it_may_take_and_nothing_is_said_after_it()
    {
        await ReadyAsync();

        _readiness.Advance(AgentPhase.Stopping);
        _feed.Publish(Vm(1, new VmState.Running()));
        _report.BeginReload();
        _report.EndReload(new ReloadOutcome(default, [], [], []));

        (await _systemd.NextAsync()).ShouldBe("STOPPING=1\nEXTEND_TIMEOUT_USEC=25000000\nSTATUS=Stopping; guests run on");
        _time.Advance(ServiceReport.Pause);
        await SilentAsync();
    }

    [Fact]
    public async Task A_start_that_fails_says_why_in_one_line()
    {
        _report.Failed("No.\nREADY=1");

        (await _systemd.NextButAsync("EXTEND")).ShouldBe("STATUS=No. READY=1");
    }

    [Fact]
    public async Task An_abstract_socket_is_reached()
    {
        var name = $"@nodeagent-test-{Guid.NewGuid():N}";
        using var systemd = new FakeSystemd(name);
        await using var notify = new NotifySocket(name);

        notify.Send("READY=1");

        (await systemd.NextAsync()).ShouldBe("READY=1");
    }

    [Fact]
    public async Task A_manager_that_was_begun_anew_is_found_again()
    {
        var path = Path.Combine(_directory.Path, "again");
        await using var notify = new NotifySocket(path);
        using (var first = new FakeSystemd(path))
        {
            notify.Send("one");
            (await first.NextAsync()).ShouldBe("one");
        }

        File.Delete(path);
        using var second = new FakeSystemd(path);
        notify.Send("two");
        (await second.NextAsync()).ShouldBe("two");
    }

    private async Task ReadyAsync()
    {
        _readiness.Advance(AgentPhase.Ready);
        (await _systemd.NextButAsync("EXTEND")).ShouldBe("READY=1\nSTATUS=no VMs; ledger ok");
    }

    // Messages keep their order, so what comes first is all there was.
    private async Task SilentAsync()
    {
        _notify.Send("MARK");
        (await _systemd.NextAsync()).ShouldBe("MARK");
    }

    private static VmSnapshot Vm(int n, VmState state) => new()
    {
        Definition = new VmDefinition { Id = LedgerSample.Id(n), Name = $"vm-{n}", Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 1 << 20 } },
        State = state,
        StateTime = default,
    };
}
