using System.Text.RegularExpressions;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>What Prometheus sees.</summary>
public sealed partial class MetricsTests
{
    private const int Stop = 19, Continue = 18;

    [Fact]
    public async Task Promtool_has_no_complaint()
    {
        var promtool = FindPromtool();
        Assert.SkipWhen(promtool is null, "promtool is not installed; make setup fetches it");
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.Client.CreateAsync(Guest.Empty("idle"));
        var scrape = await Scrape.UntilAsync(agent, one => one["nodeagent_vm_resident_memory_bytes{vm=\"tick\"}"] > 0, "the sample of tick");

        var check = await Command.RunAsync(promtool, ["check", "metrics"], scrape.Text);

        check.Succeeded();
        (check.Output + check.Errors).ShouldBeEmpty();
    }

    [Fact]
    public async Task Series_follow_a_vm_from_its_record_to_its_end()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAsync(Guest.Bios(agent, "tick"));
        await UntilStateAsync(agent, "stopped");

        await agent.Client.StartAsync("tick", paused: true);
        (await UntilStateAsync(agent, "paused"))["nodeagent_vms{state=\"paused\"}"].ShouldBe(1);
        await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "tick" }));
        await UntilStateAsync(agent, "running");
        var sampled = await Scrape.UntilAsync(agent, one => one["nodeagent_vm_block_written_bytes_total{vm=\"tick\",device=\"disk0\"}"] > 0, "what tick writes");
        sampled["nodeagent_vm_vcpu_seconds_total{vm=\"tick\",vcpu=\"0\"}"].ShouldNotBeNull().ShouldBeGreaterThan(0);
        sampled["nodeagent_vm_memory_bytes{vm=\"tick\"}"].ShouldBe(32 << 20);

        await agent.Client.ForceStopAsync("tick");
        var stopped = await UntilStateAsync(agent, "stopped");
        stopped["nodeagent_vm_ends_total{vm=\"tick\",reason=\"KilledByRequest\"}"].ShouldBe(1);
        stopped.NamesOf("tick").ShouldNotContain("nodeagent_vm_resident_memory_bytes", "no process, no figures of it");

        await agent.Client.DeleteAsync("tick");
        await Scrape.UntilAsync(agent, one => one.NamesOf("tick").Count == 0, "the end of tick's series");
    }

    [Fact]
    public async Task Scrape_answers_while_a_qemu_stands_still_and_others_are_sampled_on()
    {
        await using var agent = await Agent.StartAsync();
        var stuck = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick", "stuck"));
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick", "lively"));
        await Scrape.UntilAsync(agent, one => SampleTime(one, "stuck") > 0 && SampleTime(one, "lively") > 0, "a first sample of both");
        using var qemu = PidFd.TryOpen(stuck.Status.Pid)!;
        qemu.Send(Stop);
        try
        {
            var before = await Scrape.TakeAsync(agent);
            var after = await Scrape.UntilAsync(agent, one => SampleTime(one, "lively") > SampleTime(before, "lively") + 2, "a newer sample of lively");
            SampleTime(after, "stuck").ShouldNotBeNull("the last figures stay, and say how old they are")
                .ShouldBe(SampleTime(before, "stuck")!.Value, 1.5, "nobody can have asked it anything");
        }
        finally
        {
            qemu.Send(Continue);
        }
    }

    [Fact]
    public async Task Every_documented_name_is_served_and_every_served_name_is_documented()
    {
        var page = Path.Combine(Artifacts.Tree, "docs/metrics.md");
        Assert.SkipUnless(File.Exists(page), "docs/metrics.md is not written yet");
        var documented = MetricName().Matches(await File.ReadAllTextAsync(page)).Select(match => match.Value).Distinct().ToList();
        documented.ShouldNotBeEmpty();
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        var scrape = await Scrape.UntilAsync(agent, one => SampleTime(one, "tick") > 0, "a sample of tick");

        scrape.Families.Except(documented).ShouldBeEmpty("served, but not documented");
        documented.Where(name => !scrape.Families.Any(family => name == family || name.StartsWith(family + "_", StringComparison.Ordinal)))
            .ShouldBeEmpty("documented, but not served");
    }

    private static double? SampleTime(Scrape scrape, string vm) => scrape[$"nodeagent_vm_sample_timestamp_seconds{{vm=\"{vm}\"}}"];

    // Exactly one state has a one.
    private static async Task<Scrape> UntilStateAsync(Agent agent, string state)
    {
        var scrape = await Scrape.UntilAsync(agent, one => one[$"nodeagent_vm_state{{vm=\"tick\",state=\"{state}\"}}"] == 1, $"state {state}");
        new[] { "stopped", "starting", "running", "paused", "stopping", "unknown", "quarantined" }
            .Sum(one => scrape[$"nodeagent_vm_state{{vm=\"tick\",state=\"{one}\"}}"]).ShouldBe(1);
        return scrape;
    }

    private static string? FindPromtool() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Append(Path.Combine(Artifacts.Tree, "artifacts/tools"))
        .Select(directory => Path.Combine(directory, "promtool"))
        .FirstOrDefault(File.Exists);

    [GeneratedRegex(@"\bnodeagent_[a-z0-9_]*[a-z0-9]\b")]
    private static partial Regex MetricName();
}
