using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Simulation;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Tests.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Simulation;

/// <summary>What the agent meets at the other end of its sockets when nobody is there.</summary>
public sealed class SimulatedLauncherTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _home = new();
    private StartChannels _channels = null!;
    private QemuProcess _process = null!;
    private QmpConnection _control = null!;
    private QmpConnection _observer = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var golden = GoldenCase.Find("q35-everything-kvm");
        var directory = new RunDirectory(_home.Path, SampleVm.Define(golden.Spec).Id);
        directory.Create();
        _channels = StartChannels.Open(directory, withConsole: true);
        _process = await new SimulatedLauncher("boot", TimeProvider.System).LaunchAsync(
            new LaunchRequest
            {
                VmId = SampleVm.Define(golden.Spec).Id,
                RunId = Guid.NewGuid(),
                Name = "web",
                Spec = golden.Spec,
                Boot = golden.Build(),
                Descriptors = _channels.Descriptors,
                Directory = directory,
            },
            Ct);
        _channels.CloseListeners();
        _control = await QmpConnection.OpenAsync(_channels.Monitor.Control, QmpLimits.Default, TimeProvider.System, NullLogger.Instance, Ct);
        _observer = await QmpConnection.OpenAsync(_channels.Monitor.Observer, QmpLimits.Default, TimeProvider.System, NullLogger.Instance, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _control.DisposeAsync();
        await _observer.DisposeAsync();
        _channels.DisposeOurEnds();
        _process.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task Guest_obeys_the_power_button_and_lives_again_after_a_reset()
    {
        var events = _observer.ReadEventsAsync(Ct).GetAsyncEnumerator(Ct);
        await _control.ExecuteAsync(QmpCommands.Cont, Patience, Ct);
        await _control.ExecuteAsync(QmpCommands.SystemPowerdown, Patience, Ct);
        (await NamesAsync(events, 4)).ShouldBe(["RESUME", "POWERDOWN", "SHUTDOWN", "STOP"]);
        (await _control.ExecuteAsync(QmpCommands.QueryStatus, Patience, Ct)).Status.ShouldBe(RunState.Shutdown);
        (await Should.ThrowAsync<QmpException>(() => _control.ExecuteAsync(QmpCommands.Cont, Patience, Ct))).Error.ShouldBe(QmpError.CommandFailed);

        await _control.ExecuteAsync(QmpCommands.SystemReset, Patience, Ct);
        await _control.ExecuteAsync(QmpCommands.Cont, Patience, Ct);
        (await NamesAsync(events, 2)).ShouldBe(["RESET", "RESUME"]);
        (await _control.ExecuteAsync(QmpCommands.QueryStatus, Patience, Ct)).Running.ShouldBeTrue();
    }

    [Fact]
    public async Task Button_that_is_pressed_while_it_is_paused_is_obeyed_when_it_goes_on()
    {
        var events = _observer.ReadEventsAsync(Ct).GetAsyncEnumerator(Ct);
        await _control.ExecuteAsync(QmpCommands.SystemPowerdown, Patience, Ct);
        await _control.ExecuteAsync(QmpCommands.Cont, Patience, Ct);
        (await NamesAsync(events, 4)).ShouldBe(["POWERDOWN", "RESUME", "SHUTDOWN", "STOP"]);
    }

    [Fact]
    public async Task It_ends_as_a_process_does()
    {
        await _control.ExecuteAsync(QmpCommands.Quit, Patience, Ct);
        (await _process.Exited.WaitAsync(Patience, Ct)).ShouldBe(new ProcessExit(0, null, false));
        await _observer.Closed.WaitAsync(Patience, Ct);
        _process.ReadUsage().ShouldBeNull();
        new SimulatedLauncher("boot", TimeProvider.System).TryAttach(_process.Identity, "web", Guid.Empty, new RunDirectory(_home.Path, Guid.Empty)).ShouldBeNull();
    }

    [Fact]
    public async Task Killed_it_is_gone_at_once()
    {
        _process.Kill();
        (await _process.Exited.WaitAsync(Patience, Ct)).ShouldBe(new ProcessExit(null, PidFd.Kill, false));
        await _control.Closed.WaitAsync(Patience, Ct);
    }

    [Fact]
    public async Task What_it_cannot_do_it_refuses_by_name()
    {
        var refusal = await Should.ThrowAsync<QmpException>(() => _control.ExecuteAsync(QmpCommands.QueryKvm, Patience, Ct));
        refusal.Error.ShouldBe(QmpError.CommandFailed);
        refusal.Message.ShouldContain("the guest is simulated, and query-kvm is not");
    }

    [Fact]
    public async Task Figures_are_those_of_the_spec()
    {
        var cpus = await _control.ExecuteAsync(QmpCommands.QueryCpusFast, Patience, Ct);
        cpus.Length.ShouldBe(8);
        var blocks = await _control.ExecuteAsync(QmpCommands.QueryBlockStats, new BlockStatsArguments(), Patience, Ct);
        blocks.Length.ShouldBe(3);
        (await _control.ExecuteAsync(QmpCommands.QueryBalloon, Patience, Ct)).Actual.ShouldBe(256L << 20);
        _process.ReadUsage().ShouldNotBeNull().RssBytes.ShouldBeInRange(64L << 20, 192L << 20);
        _process.Identity.Pid.ShouldBe(0);
    }

    [Fact]
    public async Task Console_greets_and_says_again()
    {
        (await ConsoleAsync("what you type.\r\n")).ShouldStartWith("Simulated guest web");
        await _channels.Console!.SendAsync("abc"u8.ToArray(), Ct);
        (await ConsoleAsync("abc")).ShouldBe("abc");
    }

    [Fact]
    public void Every_spec_without_a_display_finds_its_devices()
    {
        var qemu = SimulatedHost.AskQemu(TimeProvider.System).Capabilities;
        foreach (var golden in GoldenCase.All.Where(golden => golden.Spec is { Accelerator: not AcceleratorChoice.Kvm, Machine: "q35" or "pc" or "microvm" }))
        {
            var made = golden with { Spec = golden.Spec with { Display = null }, Qemu = qemu, Kvm = new KvmSuitability(KvmFitness.Unavailable, SimulatedHost.Kvm.Explanation) };
            CapabilityRules.Check(made.Build(), made.Spec, qemu).ShouldBeEmpty(golden.Name);
        }
    }

    [Fact]
    public void Figures_only_grow_and_are_the_same_again()
    {
        var id = Guid.NewGuid();
        var (one, other) = (new SimulatedFigures(id, SampleVm.Plain), new SimulatedFigures(id, SampleVm.Plain));
        var last = default(ProcUsage);
        for (var ran = TimeSpan.Zero; ran < TimeSpan.FromHours(1); ran += TimeSpan.FromMinutes(7))
        {
            var now = one.Usage(ran, null);
            now.CpuTime.ShouldBeGreaterThanOrEqualTo(last.CpuTime);
            now.ShouldBe(other.Usage(ran, null));
            one.Traffic(ran, 1).ShouldBe(other.Traffic(ran, 1));
            last = now;
        }
    }

    [Fact]
    public void Simulated_host_is_nobody_else()
    {
        var node = Guid.NewGuid();
        var (first, second) = (SimulatedHost.Identity(node, DateTimeOffset.UnixEpoch), SimulatedHost.Identity(node, DateTimeOffset.UnixEpoch));
        first.Hostname.ShouldNotBeNull().ShouldStartWith("sim-");
        second.ShouldBe(first with { BootId = second.BootId });
        second.BootId.ShouldNotBe(first.BootId);
        SimulatedHost.Kvm.Availability.ShouldBe(KvmAvailability.NotAsked);
    }

    private static async Task<List<string>> NamesAsync(IAsyncEnumerator<QmpEvent> events, int count)
    {
        var names = new List<string>();
        while (names.Count < count && await events.MoveNextAsync().AsTask().WaitAsync(Patience, Ct))
        {
            names.Add(events.Current.Name);
        }

        return names;
    }

    private async Task<string> ConsoleAsync(string end)
    {
        var seen = new StringBuilder();
        var buffer = new byte[256];
        while (!seen.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var got = await _channels.Console!.ReceiveAsync(buffer, Ct).AsTask().WaitAsync(Patience, Ct);
            got.ShouldBeGreaterThan(0);
            seen.Append(Encoding.ASCII.GetString(buffer, 0, got));
        }

        return seen.ToString();
    }
}
