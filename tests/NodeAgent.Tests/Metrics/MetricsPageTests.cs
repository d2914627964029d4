using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Metrics;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Metrics;

public sealed partial class MetricsPageTests
{
    [Fact]
    public async Task Promtool_has_nothing_to_say_against_the_page()
    {
        await using var agent = await BusyAsync();

        (await Promtool.RunAsync("/", await agent.ScrapeAsync(), "check", "metrics")).ShouldBe((0, ""));
    }

    [Fact]
    public async Task The_manual_lists_what_is_there_with_type_labels_and_meaning()
    {
        await using var agent = await BusyAsync();
        var page = await agent.ScrapeAsync();
        var manual = Repository.Read("docs/metrics.md").Split('\n')
            .Where(line => line.StartsWith("| `nodeagent_", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[1].Trim('`'));

        var types = Type().Matches(page).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        var help = Help().Matches(page).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        manual.Keys.ShouldBe(types.Keys, ignoreOrder: true);
        foreach (var (name, cells) in manual)
        {
            cells[2].ShouldBe(types[name], name);
            cells[4].ShouldBe(help[name], name);
            foreach (var line in page.Split('\n').Where(line => Regex.IsMatch(line, $"^{name}(_bucket)?\\{{")))
            {
                Label().Matches(line).Select(match => match.Groups[1].Value).Where(label => label != "le").ShouldBe(
                    cells[3].Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(label => label.Trim('`')), name);
            }
        }
    }

    [Fact]
    public async Task Figures_move_with_what_happens()
    {
        await using var agent = await BusyAsync();

        var page = await agent.ScrapeAsync();

        page.ShouldContain("nodeagent_rpc_requests_total{method=\"CreateVm\",code=\"OK\"} 1");
        page.ShouldContain("nodeagent_rpc_requests_total{method=\"GetVm\",code=\"NotFound\"} 1");
        page.ShouldContain("nodeagent_operations_started_total{verb=\"StartVm\"} 1");
        page.ShouldContain("nodeagent_operations_finished_total{verb=\"StartVm\",result=\"failed\"} 1");
        page.ShouldContain("nodeagent_operations_running 0");
        page.ShouldContain("nodeagent_recovery_done 1");
        page.ShouldContain("nodeagent_ledger_state{state=\"ok\"} 1");
        page.ShouldContain("nodeagent_kvm_availability{verdict=\"nodevice\"} 1");
        page.ShouldContain("nodeagent_qemu_available 0");
        page.ShouldContain("nodeagent_node_condition{type=\"KvmReady\",status=\"false\"} 1");
        page.ShouldMatch("nodeagent_host_memory_bytes [1-9]");
        page.ShouldMatch("nodeagent_process_resident_memory_bytes [1-9]");
        page.ShouldMatch("nodeagent_events_newest_sequence [1-9]");
    }

    // One that has done a bit of everything, so that every series is there.
    private static async Task<RunningAgent> BusyAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var agent = await RunningAgent.StartAsync();
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        await vms.CreateVmAsync(new() { Vm = new V1.Vm { Name = "web", Spec = new V1.VmSpec { Cpu = new() { Vcpus = 1 }, MemoryBytes = 1 << 27 } } }, cancellationToken: cancellation);
        var operation = await vms.StartVmAsync(new() { Vm = "web" }, cancellationToken: cancellation);
        await new LongRunning.Operations.OperationsClient(agent.Channel).WaitOperationAsync(new() { Name = operation.Name }, cancellationToken: cancellation);
        await Should.ThrowAsync<RpcException>(() => vms.GetVmAsync(new() { Vm = "missing" }, cancellationToken: cancellation).ResponseAsync);
        await agent.Floor.Survey.GetAsync(cancellation);

        // A guest that runs needs a QEMU; its series are given as the floor would.
        var sample = SampleNode.Running(SampleNode.Stopped("sample")) with
        {
            Conditions = [new VmCondition(VmConditionKind.DiskError, "", SampleNode.Noon)],
        };
        var records = agent.App.Services.GetRequiredService<VmMetrics>();
        records.Record(new VmChange.Changed(sample));
        agent.Floor.Sampler.OnSample!(sample, SampleNode.Stats());
        records.Record(new VmChange.Changed(sample with { LastExit = new VmExit { Reason = VmExitReason.GuestPanic, Message = "", Time = SampleNode.Noon } }));
        agent.Floor.OnCommand!("query-status", "answered", TimeSpan.FromMilliseconds(1));
        return agent;
    }

    [GeneratedRegex("^# TYPE (\\S+) (\\S+)$", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex("^# HELP (\\S+) (.+)$", RegexOptions.Multiline)]
    private static partial Regex Help();

    [GeneratedRegex("[{,]([a-z_]+)=\"")]
    private static partial Regex Label();
}
