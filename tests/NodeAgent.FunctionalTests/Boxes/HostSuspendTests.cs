using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A host that is really powered off under a guest that does not shut down, and that guest after the next boot.</summary>
public sealed class HostSuspendTests
{
    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Guest_that_refuses_goes_on_after_the_boot_where_it_was()
    {
        await using var node = await NodeBox.StartAsync("systemd");
        await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/mine.conf"), "[shutdown]\nguest_timeout = 3s\nfallback = suspend\n");
        (await node.RunAsync("systemctl reload nodeagentd")).Succeeded();
        await node.StartGuestAsync("refuses");
        await node.Client.UntilPrintedAsync("refuses", "tick 20\r\n");

        // By hand first, by a QEMU without any right to the state directory; its file is root's and nobody else's.
        (await node.RunAsync("nodectl vm suspend refuses")).Succeeded();
        (await node.RunAsync("stat --format='%a %U' /var/lib/nodeagent/vms/*/*.state")).Succeeded().Trim().ShouldBe("600 root");
        (await node.RunAsync("nodectl vm start refuses")).Succeeded();
        (await node.RunAsync("ls /var/lib/nodeagent/vms/*/*.state")).ExitCode.ShouldNotBe(0);

        await node.Box.PowerOffAsync();
        await node.Box.BootAsync();

        using var client = node.Box.Connect();
        await client.UntilEventAsync("", "agent.recovered");
        var resumed = await client.UntilAsync("refuses", VmState.Running);
        resumed.Status.SavedState.ShouldBeNull();
        var stood = Ticks.Last(await client.ReadConsoleLogAsync("refuses"));
        Ticks.ShouldBeOneRun(await client.UntilPrintedAsync("refuses", $"tick {stood + 10}\r\n"));
        var events = await client.ListEventsAsync();
        events.Single(one => one.Kind == "node.shutdown-ended").Message.ShouldBe("All 1 guests are down, 1 of them suspended to disk.");
        events.Last(one => one.Kind == "vm.stopped").Details.Fields["reason"].StringValue.ShouldBe("Suspended");
        events.Where(one => one.Kind is "vm.suspended" or "vm.stopped" or "vm.restored").Select(one => one.Kind).ShouldBe(
            ["vm.suspended", "vm.stopped", "vm.restored", "vm.suspended", "vm.stopped", "vm.restored"]);
    }
}
