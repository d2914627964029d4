using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>The agent as systemd has it: restarted, watched, reloaded, woken; its guests notice nothing of it.</summary>
public sealed class SupervisionTests
{
    [Theory]
    [InlineData("systemd")]
    [InlineData("direct", Traits = [Effort.Trait, Effort.WholeOnly])]
    public async Task Killed_agent_is_started_again_and_has_its_guests(string launcher)
    {
        await using var node = await NodeBox.StartAsync(launcher);
        var guest = await node.StartGuestAsync("guest");

        for (var times = 1; times <= 3; times++)
        {
            (await node.RunAsync("systemctl kill --kill-who=main --signal=KILL nodeagentd")).Succeeded();
            await node.UntilAsync("NRestarts", now => now == $"{times}");
            await node.UntilServingAsync();
            await guest.ShouldBeRunningAsync(node.Client);
        }
    }

    [Fact]
    public async Task Agent_that_hangs_is_replaced_by_the_watchdog_and_guests_run_on()
    {
        await using var node = await NodeBox.StartAsync();
        await SetAsync(node, "nodeagentd.service", "[Service]\nWatchdogSec=10s\n");
        (await node.RunAsync("systemctl restart nodeagentd")).Succeeded();
        var guest = await node.StartGuestAsync("guest");

        (await node.RunAsync("systemctl kill --kill-who=main --signal=STOP nodeagentd")).Succeeded();

        await node.UntilAsync("NRestarts", now => now == "1");
        (await node.Box.JournalAsync("--unit=nodeagentd.service", "--output=cat")).ShouldContain("Watchdog timeout");
        await node.UntilServingAsync();
        await guest.ShouldBeRunningAsync(node.Client);
    }

    [Fact]
    public async Task Agent_that_is_stopped_leaves_its_guests_and_the_next_call_wakes_it()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");

        (await node.RunAsync("systemctl stop nodeagentd.service")).Succeeded();
        guest.ShouldLive();
        (await node.ShowAsync("ActiveState")).ShouldBe("inactive");

        // The first call may be told that the agent is starting, and to try again.
        await node.RunAsync("nodectl vm list");
        await node.UntilServingAsync();
        await node.UntilAsync("ActiveState", now => now == "active");
        await guest.ShouldBeRunningAsync(node.Client);
    }

    [Fact]
    public async Task Reload_puts_a_good_file_in_force_and_tells_of_a_bad_one()
    {
        await using var node = await NodeBox.StartAsync();
        var agent = await node.ShowAsync("MainPID");
        var guest = await node.StartGuestAsync("guest");

        await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/mine.conf"), "[qemu]\nno_such_key = 1\n");
        var refused = await node.RunAsync("systemctl reload nodeagentd");
        refused.ExitCode.ShouldNotBe(0);
        (await node.Box.JournalAsync("--unit=nodeagentd.service", "--output=cat")).ShouldContain("no_such_key");

        await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/mine.conf"), "[qemu]\nimage_roots = /srv/elsewhere\n");
        (await node.RunAsync("systemctl reload nodeagentd")).Succeeded();
        await node.Client.UntilEventAsync("", "agent.reloaded");
        (await node.ShowAsync("MainPID")).ShouldBe(agent);
        (await node.ShowAsync("ActiveState")).ShouldBe("active");
        await guest.ShouldBeRunningAsync(node.Client);
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Agent_that_cannot_start_is_tried_again_more_slowly_and_until_it_can()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");
        await SetAsync(node, "nodeagentd.service", "[Unit]\nStartLimitIntervalSec=10s\n[Service]\nRestartSec=200ms\nExecStart=\nExecStart=/bin/false\n");
        await SetAsync(node, "nodeagentd-again.timer", "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/3\n");

        (await node.RunAsync("systemctl restart nodeagentd")).ExitCode.ShouldNotBe(0);
        await node.UntilAsync("ActiveState", now => now == "failed");
        (await node.ShowAsync("ActiveState", "nodeagentd-again.timer")).ShouldBe("active");
        guest.ShouldLive();
        (await node.RunAsync("rm -r /etc/systemd/system/nodeagentd.service.d && systemctl daemon-reload")).Succeeded();

        await node.UntilAsync("ActiveState", now => now == "active");
        await node.UntilServingAsync();
        await guest.ShouldBeRunningAsync(node.Client);
        await node.UntilAsync("ActiveState", now => now == "inactive", "nodeagentd-again.timer");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Agent_that_failed_and_is_then_stopped_stays_stopped()
    {
        await using var node = await NodeBox.StartAsync();
        await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/mine.conf"), "[qemu]\nno_such_key = 1\n");
        (await node.RunAsync("systemctl restart nodeagentd")).ExitCode.ShouldNotBe(0);

        (await node.RunAsync("systemctl stop nodeagentd.socket nodeagentd.service")).Succeeded();

        (await node.ShowAsync("ActiveState", "nodeagentd-again.timer")).ShouldBe("inactive");
    }

    private static async Task SetAsync(NodeBox node, string unit, string text)
    {
        var directory = node.Box.Path($"/etc/systemd/system/{unit}.d");
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "test.conf"), text);
        (await node.RunAsync("systemctl daemon-reload")).Succeeded();
    }
}
