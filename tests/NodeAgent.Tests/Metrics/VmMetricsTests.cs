using System.Diagnostics;
using System.Text;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Metrics;

namespace NodeAgent.Tests.Metrics;

public sealed class VmMetricsTests
{
    private readonly MetricsRegistry _registry = new();
    private readonly VmMetrics _metrics;

    public VmMetricsTests() => _metrics = new VmMetrics(_registry);

    [Fact]
    public async Task A_vm_that_runs_shows_its_state_and_its_sample()
    {
        var vm = SampleNode.Running(SampleNode.Stopped("web", Guid.Parse("11111111-2222-3333-4444-555555555555")));
        _metrics.Record(new VmChange.Changed(vm));
        _metrics.Record(vm, SampleNode.Stats());

        Golden.Check("Metrics/golden/running-vm.txt", await PageAsync());
    }

    [Fact]
    public async Task Of_all_states_one_is_1()
    {
        var vm = SampleNode.Stopped("web");
        foreach (var state in new VmState[]
        {
            new VmState.Starting(false), new VmState.Running(), new VmState.Paused(PauseCause.Requested), new VmState.Stopping(StopKind.Kill),
            new VmState.Unknown("?", false), new VmState.Quarantined("!", false), new VmState.Stopped(null),
        })
        {
            _metrics.Record(new VmChange.Changed(vm with { State = state }));

            var page = await PageAsync();
            Lines(page, "nodeagent_vm_state{").Count(line => line.EndsWith(" 1", StringComparison.Ordinal)).ShouldBe(1);
            page.ShouldContain($"nodeagent_vm_state{{vm=\"web\",state=\"{VmWords.Of(state)}\"}} 1");
            Lines(page, "nodeagent_vms{").Sum(line => line[^1] - '0').ShouldBe(1);
            page.ShouldContain($"nodeagent_vms{{state=\"{VmWords.Of(state)}\"}} 1");
        }
    }

    [Fact]
    public async Task Series_of_a_deleted_vm_vanish()
    {
        var empty = await PageAsync();
        var vm = SampleNode.Running(SampleNode.Stopped("web"));
        _metrics.Record(new VmChange.Changed(vm));
        _metrics.Record(vm, SampleNode.Stats());
        _metrics.Record(new VmChange.Changed(vm with
        {
            Conditions = [new VmCondition(VmConditionKind.MonitorSilent, "silent", SampleNode.Noon)],
            LastExit = new VmExit { Reason = VmExitReason.QemuCrashed, Message = "", Time = SampleNode.Noon },
        }));
        (await PageAsync()).ShouldContain("web");

        _metrics.Record(new VmChange.Deleted(vm.Definition.Id, "web"));

        (await PageAsync()).ShouldBe(empty);
    }

    [Fact]
    public async Task Sampled_series_go_with_the_run_and_begin_anew_with_the_next()
    {
        var stopped = SampleNode.Stopped("web");
        var first = SampleNode.Running(stopped);
        _metrics.Record(new VmChange.Changed(first));
        _metrics.Record(first, SampleNode.Stats(scale: 100));
        (await PageAsync()).ShouldContain("nodeagent_vm_cpu_seconds_total{vm=\"web\"} 300");

        _metrics.Record(new VmChange.Changed(stopped));
        _metrics.Record(first, SampleNode.Stats(scale: 101));
        (await PageAsync()).ShouldNotContain("nodeagent_vm_cpu_seconds_total{");

        var second = SampleNode.Running(stopped);
        _metrics.Record(new VmChange.Changed(second));
        _metrics.Record(second, SampleNode.Stats(scale: 1));
        (await PageAsync()).ShouldContain("nodeagent_vm_cpu_seconds_total{vm=\"web\"} 3\n");
    }

    [Fact]
    public async Task A_renamed_vm_leaves_no_series_of_its_old_name()
    {
        var vm = SampleNode.Running(SampleNode.Stopped("web"));
        _metrics.Record(new VmChange.Changed(vm));
        _metrics.Record(vm, SampleNode.Stats());

        _metrics.Record(new VmChange.Changed(vm with { Definition = vm.Definition with { Name = "db" } }));

        var page = await PageAsync();
        page.ShouldNotContain("web");
        page.ShouldContain("nodeagent_vm_state{vm=\"db\",state=\"running\"} 1");
        page.ShouldContain("nodeagent_vms{state=\"running\"} 1");
    }

    [Fact]
    public async Task Ends_are_counted_once_each_and_those_before_the_agent_are_not()
    {
        var before = new VmExit { Reason = VmExitReason.GuestShutdown, Message = "", Time = SampleNode.Noon };
        var vm = SampleNode.Stopped("web", exit: before);
        _metrics.Record(new VmChange.Changed(vm));
        (await PageAsync()).ShouldNotContain("nodeagent_vm_ends_total{");

        for (var i = 1; i <= 3; i++)
        {
            var crashed = vm with { LastExit = before with { Reason = VmExitReason.QemuCrashed, Time = SampleNode.Noon.AddSeconds(i) } };
            _metrics.Record(new VmChange.Changed(crashed));
            _metrics.Record(new VmChange.Changed(crashed with { Revision = i }));
        }

        (await PageAsync()).ShouldContain("nodeagent_vm_ends_total{vm=\"web\",reason=\"QemuCrashed\"} 3");
    }

    [Fact]
    public async Task A_condition_that_is_over_is_0()
    {
        var vm = SampleNode.Stopped("web");
        _metrics.Record(new VmChange.Changed(vm with { Conditions = [new VmCondition(VmConditionKind.DiskError, "", SampleNode.Noon)] }));
        (await PageAsync()).ShouldContain("nodeagent_vm_condition{vm=\"web\",type=\"DiskError\"} 1");

        _metrics.Record(new VmChange.Changed(vm));

        (await PageAsync()).ShouldContain("nodeagent_vm_condition{vm=\"web\",type=\"DiskError\"} 0");
    }

    [Fact]
    public async Task A_thousand_lives_leave_the_page_as_it_was()
    {
        var empty = await PageAsync();
        for (var i = 0; i < 1000; i++)
        {
            var vm = SampleNode.Running(SampleNode.Stopped($"vm{i}"));
            _metrics.Record(new VmChange.Changed(vm));
            _metrics.Record(vm, SampleNode.Stats());
            _metrics.Record(new VmChange.Deleted(vm.Definition.Id, vm.Definition.Name));
        }

        (await PageAsync()).ShouldBe(empty);
    }

    [Fact]
    public async Task A_page_of_a_hundred_vms_is_quick()
    {
        for (var i = 0; i < 100; i++)
        {
            var vm = SampleNode.Running(SampleNode.Stopped($"vm{i}"));
            _metrics.Record(new VmChange.Changed(vm));
            _metrics.Record(vm, SampleNode.Stats());
        }

        await PageAsync();
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await PageAsync();
            var time = Stopwatch.GetElapsedTime(start);
            best = time < best ? time : best;
        }

        // The promise is 10 ms of the native daemon; this is a debug build on a busy machine.
        best.ShouldBeLessThan(TimeSpan.FromMilliseconds(50));
    }

    private async Task<string> PageAsync()
    {
        using var page = new MemoryStream();
        await _registry.WriteAsync(page, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    private static IEnumerable<string> Lines(string page, string start) => page.Split('\n').Where(line => line.StartsWith(start, StringComparison.Ordinal));
}
