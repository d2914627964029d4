using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>What becomes of the package is nothing to the guests.</summary>
public sealed class PackageLifeTests
{
    [Theory]
    [InlineData("systemd")]
    [InlineData("direct", Traits = [Effort.Trait, Effort.WholeOnly])]
    public async Task Five_guests_keep_their_processes_through_upgrade_downgrade_removal_purge_and_return(string launcher)
    {
        await using var node = await NodeBox.StartAsync(launcher);
        var guests = new List<BoxGuest>();
        for (var number = 1; number <= 5; number++)
        {
            guests.Add(await node.StartGuestAsync($"guest{number}"));
        }

        var agent = await node.ShowAsync("MainPID");
        (await node.InstallAsync(await NodePackages.LaterAsync())).Succeeded();
        (await node.ShowAsync("MainPID")).ShouldNotBe(agent, "an upgrade replaces the agent");
        await ShouldAllRunAsync(node, guests);
        (await VersionAsync(node)).ShouldStartWith(NodePackages.LaterVersion + "+");

        (await node.InstallAsync(NodePackages.Built)).Succeeded();
        (await node.RunAsync("dpkg-query --show --showformat='${Version}' nodeagent")).Succeeded().ShouldEndWith("-1");
        await ShouldAllRunAsync(node, guests);
        (await VersionAsync(node)).ShouldNotStartWith(NodePackages.LaterVersion + "+");

        var removed = (await node.RunAsync("apt-get remove --yes --quiet nodeagent")).Succeeded();
        guests.ForEach(guest => guest.ShouldLive());
        guests.ForEach(guest => removed.ShouldContain($"process {guest.Vm.Status.Pid} {guest.Vm.Name}"));
        (await node.RunAsync("test -e /usr/sbin/nodeagentd || test -e /run/nodeagent/api.sock")).ExitCode.ShouldBe(1);
        (await node.RunAsync("ls /etc/nodeagent/nodeagentd.conf /var/lib/nodeagent/ledger.db")).Succeeded();

        var purged = (await node.RunAsync("apt-get purge --yes --quiet nodeagent")).Succeeded();
        guests.ForEach(guest => guest.ShouldLive());
        guests.ForEach(guest => purged.ShouldContain($"process {guest.Vm.Status.Pid} {guest.Vm.Name}"));
        (await node.RunAsync("ls /etc/nodeagent")).ExitCode.ShouldNotBe(0);

        (await node.InstallAsync(NodePackages.Built)).Succeeded();
        (await node.RunAsync("systemctl enable --now nodeagentd")).Succeeded();
        await ShouldAllRunAsync(node, guests);
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Purge_without_guests_names_what_nobody_will_have_and_leaves_the_disks_and_nothing_else()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");
        var sleeper = await node.StartGuestAsync("sleeper");
        (await node.RunAsync("mkdir /srv/vms && echo '[limits]' > /etc/nodeagent/conf.d/mine.conf")).Succeeded();
        await node.Client.ForceStopAsync(guest.Vm.Id);
        (await node.RunAsync("nodectl vm suspend sleeper")).Succeeded();

        // apt runs dpkg on a terminal of its own.
        var purged = (await node.RunAsync("apt-get purge --yes --quiet nodeagent")).Succeeded().Replace("\r", "", StringComparison.Ordinal);

        purged.ShouldMatch($@"these VMs were defined, and will be known to nobody:\n  NAME[^\n]*\n  guest .*{guest.Vm.Id}[^\n]*\n  sleeper .*{sleeper.Vm.Id}");
        purged.ShouldMatch($@"these guests are suspended, and their memory will be lost:\n  /var/lib/nodeagent/vms/{sleeper.Vm.Id}/[\w-]+\.state \(\d+ KiB\)\n");
        purged.ShouldContain("/var/lib/nodeagent/images/guest.img");
        (await node.RunAsync("find /etc/nodeagent /run/nodeagent /var/lib/nodeagent -type f -o -type s 2>/dev/null")).Output.Split('\n').Order().ShouldBe(["", "/var/lib/nodeagent/images/guest.img", "/var/lib/nodeagent/images/sleeper.img"]);
        (await node.RunAsync("find /etc/systemd /usr/lib/systemd /usr/lib/tmpfiles.d -name '*nodeagent*'")).Succeeded().ShouldBeEmpty();
        (await node.RunAsync("systemctl is-active nodeagentd.service nodeagentd.socket")).Output.ShouldBe("inactive\ninactive\n");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Upgrade_of_an_agent_that_does_not_run_does_not_start_it()
    {
        await using var node = await NodeBox.StartAsync();
        (await node.RunAsync("systemctl stop nodeagentd.socket nodeagentd.service")).Succeeded();

        (await node.InstallAsync(await NodePackages.LaterAsync())).Succeeded();

        (await node.ShowAsync("ActiveState")).ShouldBe("inactive");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Upgrade_whose_agent_cannot_start_says_so_and_the_agent_comes_up_once_it_can()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");
        await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/old.conf"), "[qemu]\nno_longer_a_key = 1\n");

        var upgraded = await node.InstallAsync(await NodePackages.LaterAsync());

        upgraded.ExitCode.ShouldBe(0);
        (upgraded.Output + upgraded.Errors).ShouldContain("the new agent does not start; guests run on");
        guest.ShouldLive();
        File.Delete(node.Box.Path("/etc/nodeagent/conf.d/old.conf"));
        (await node.RunAsync("systemctl start nodeagentd")).Succeeded();
        await guest.ShouldBeRunningAsync(node.Client);
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Two_builds_of_the_package_are_the_same_bytes()
    {
        SystemdBox.Needed();
        using var first = new TemporaryDirectory();
        using var second = new TemporaryDirectory();

        var one = await NodePackages.BuildAsync(first.Path, 1);
        var other = await NodePackages.BuildAsync(second.Path, 1);

        (await File.ReadAllBytesAsync(one)).ShouldBe(await File.ReadAllBytesAsync(other));
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Debians_own_checker_finds_no_fault()
    {
        var lintian = await Command.RunAsync("lintian", ["--fail-on", "error,warning", "--allow-root", NodePackages.Built]);

        lintian.ExitCode.ShouldBe(0, lintian.Output + lintian.Errors);
    }

    private static async Task<string> VersionAsync(NodeBox node) => (await node.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Agent.Version;

    private static async Task ShouldAllRunAsync(NodeBox node, List<BoxGuest> guests)
    {
        await node.UntilServingAsync();
        foreach (var guest in guests)
        {
            await guest.ShouldBeRunningAsync(node.Client);
        }
    }
}
