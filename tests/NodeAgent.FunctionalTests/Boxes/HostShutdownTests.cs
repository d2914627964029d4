using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A host that is really powered off, with a real logind that waits for its guests.</summary>
public sealed class HostShutdownTests
{
    // Somewhat less than tests/guests/bios/dawdle.S takes.
    private static readonly TimeSpan Dawdling = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Guests_go_down_before_the_host_and_the_next_boot_tells_how()
    {
        await using var node = await NodeBox.StartAsync();
        await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/mine.conf"), "[shutdown]\nguest_timeout = 6s\n");
        (await node.RunAsync("systemctl reload nodeagentd")).Succeeded();
        await StartAsync(node, "first", "obey", autostart: 1);
        await StartAsync(node, "second", "obey", autostart: 2);
        await StartAsync(node, "dawdles", "dawdle", autostart: 3);
        await StartAsync(node, "refuses", "tick", autostart: null);
        (await node.RunAsync("systemd-inhibit --list")).Succeeded().ShouldContain("NodeAgent");

        await node.Box.PowerOffAsync();
        await node.Box.BootAsync();

        using var client = node.Box.Connect();
        await client.UntilEventAsync("", "agent.recovered");
        (await client.UntilAsync("second", VmState.Running)).Status.State.ShouldBe(VmState.Running, "autostart");
        var events = await client.ListEventsAsync();
        var began = events.Single(one => one.Kind == "node.shutdown-began").Sequence;
        var ended = events.Single(one => one.Kind == "node.shutdown-ended");
        ended.Message.ShouldBe("All 4 guests are down.");
        var stopped = events.Where(one => one.Kind == "vm.stopped").ToArray();
        stopped.Select(one => one.VmName).ShouldBe(["refuses", "dawdles", "second", "first"]);
        stopped.ShouldAllBe(one => one.Sequence > began && one.Sequence < ended.Sequence);
        stopped.ShouldAllBe(one => one.Details.Fields["reason"].StringValue == "HostShutdown");
        stopped[0].Message.ShouldContain("did not end by itself");
        stopped[1..].ShouldAllBe(one => one.Message.Contains("the guest before it"));
        (stopped[1].Time.ToDateTime() - stopped[0].Time.ToDateTime()).ShouldBeGreaterThan(Dawdling, "who obeys late is waited for, and so is whoever comes after it");
        (await client.GetAsync("refuses")).Status.Exit.Reason.ShouldBe(ExitReason.HostShutdown);
        (await client.ReadConsoleLogAsync("dawdles")).ShouldContain("done at last");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task A_limit_of_logind_that_is_too_short_is_said_and_kept()
    {
        await using var node = await NodeBox.StartAsync();
        var setting = node.Box.Path("/etc/systemd/logind.conf.d/zz-short.conf");
        Directory.CreateDirectory(Path.GetDirectoryName(setting)!);
        await File.WriteAllTextAsync(setting, "[Login]\nInhibitDelayMaxSec=7s\n");
        await StartAsync(node, "refuses", "tick", autostart: null);

        // logind reads it anew and tells nobody; whoever reloads the agent, or refreshes it, has it asked.
        (await node.RunAsync("systemctl kill --signal=HUP systemd-logind && systemctl reload nodeagentd")).Succeeded();
        (await UntilConditionAsync(node.Client, "DelayTooShort")).Message.ShouldContain("at most 7 s");
        await File.WriteAllTextAsync(setting, "[Login]\nInhibitDelayMaxSec=6s\n");
        (await node.RunAsync("systemctl restart systemd-logind")).Succeeded();
        (await node.RunAsync("nodectl doctor --refresh")).Output.ShouldContain("at most 6 s");

        var condition = await UntilConditionAsync(node.Client, "DelayTooShort");
        condition.Severity.ShouldBe(ConditionSeverity.Warning);
        condition.Remedy.ShouldContain("InhibitDelayMaxSec");
        await node.Box.PowerOffAsync();
        await node.Box.BootAsync();
        using var client = node.Box.Connect();
        await client.UntilEventAsync("", "agent.recovered");
        (await client.GetAsync("refuses")).Status.Exit.Reason.ShouldBe(ExitReason.HostShutdown);
        (await client.ListEventsAsync(kindPrefix: "node.shutdown-ended")).ShouldHaveSingleItem().Message.ShouldBe("All 1 guests are down.");
    }

    [Theory]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    [InlineData("systemd")]
    [InlineData("direct")]
    public async Task Without_logind_the_agent_goes_before_its_guests_units_and_takes_them_down(string launcher)
    {
        await using var node = await NodeBox.StartAsync(launcher);
        (await node.RunAsync("systemctl mask --now systemd-logind && systemctl reload nodeagentd")).Succeeded();
        await UntilConditionAsync(node.Client, "LogindNotReached");
        await StartAsync(node, "first", "obey", autostart: 1);
        await StartAsync(node, "dawdles", "dawdle", autostart: 2);

        await node.Box.PowerOffAsync();
        await node.Box.BootAsync();

        using var client = node.Box.Connect();
        await client.UntilEventAsync("", "agent.recovered");
        var events = await client.ListEventsAsync();
        events.Single(one => one.Kind == "node.shutdown-ended").Message.ShouldBe("All 2 guests are down.");
        var stopped = events.Where(one => one.Kind == "vm.stopped").ToArray();
        stopped.Select(one => one.VmName).ShouldBe(["dawdles", "first"]);
        stopped.ShouldAllBe(one => one.Message.Contains("the guest before it"));
        (await client.ReadConsoleLogAsync("dawdles")).ShouldContain("done at last");
    }

    private static async Task StartAsync(NodeBox node, string name, string program, int? autostart)
    {
        var image = $"/var/lib/nodeagent/images/{name}.img";
        await node.Box.CopyInAsync(Path.Combine(Artifacts.Guests, $"{program}.raw"), image);
        var vm = Guest.Empty(name);
        vm.Spec.Machine = "pc";
        vm.Spec.MemoryBytes = 32 << 20;
        vm.Spec.Disks.Add(new Disk { Path = image, Format = DiskFormat.Raw });
        vm.Spec.Autostart = autostart is { } order ? new AutostartSpec { Enabled = true, Order = order } : null;
        await node.Client.CreateAndStartAsync(vm);
        await node.Client.UntilPrintedAsync(name, Guest.GreetingOf(program));
    }

    private static async Task<Condition> UntilConditionAsync(AgentClient client, string reason)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            var node = await client.Nodes.GetNodeAsync(new GetNodeRequest());
            if (node.Conditions.FirstOrDefault(one => one.Reason == reason) is { } found)
            {
                return found;
            }

            // A condition is no event: it is read as often as somebody asks.
            await Task.Delay(100, limit.Token);
        }
    }
}
