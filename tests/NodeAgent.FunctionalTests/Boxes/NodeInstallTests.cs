using NodeAgent.FunctionalTests.Faces;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A fresh host, the package, two commands.</summary>
public sealed class NodeInstallTests
{
    [Fact]
    public async Task Two_commands_make_a_node_that_the_group_may_use_and_others_may_not()
    {
        await using var node = await NodeBox.StartAsync();

        (await node.RunAsync("nodectl node get")).Succeeded();
        (await node.ShowAsync("ActiveState")).ShouldBe("active");
        (await node.RunAsync("systemctl is-enabled nodeagentd.service nodeagentd.socket")).Succeeded().ShouldBe("enabled\nenabled\n");
        (await node.RunAsync("stat -c '%U %G %a' /run/nodeagent/api.sock")).Succeeded().ShouldBe("root nodeagent 660\n");

        (await node.RunAsync("useradd alice; useradd bob; usermod -aG nodeagent alice")).Succeeded();
        (await node.Box.RunAsAsync("alice", "nodectl vm list")).Succeeded();
        (await node.Box.RunAsAsync("bob", "nodectl vm list")).ExitCode.ShouldNotBe(0);
        (await node.Box.RunAsAsync("bob", "ls /var/lib/nodeagent")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Units_are_without_fault_and_the_agents_exposure_is_bounded()
    {
        await using var node = await NodeBox.StartAsync();

        // The manual is not kept in a box, so its pages are not looked for.
        (await node.RunAsync("systemd-analyze verify --man=no /usr/lib/systemd/system/nodeagentd.*")).ShouldBe(new Command(0, "", ""));
        var security = await node.RunAsync("systemd-analyze security --offline=yes --threshold=35 /usr/lib/systemd/system/nodeagentd.service");
        security.ExitCode.ShouldBe(0, security.Output);
        (await node.RunAsync("systemctl list-units --failed --quiet")).Succeeded().ShouldBeEmpty();
        (await node.Box.JournalAsync("--priority=warning", "--unit=nodeagentd.service", "--output=cat")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Bounds_of_the_unit_are_those_of_the_process()
    {
        await using var node = await NodeBox.StartAsync();
        var agent = await node.ShowAsync("MainPID");

        var status = await File.ReadAllTextAsync(node.Box.Path($"/proc/{agent}/status"));

        // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SYS_PTRACE: capabilities(7), by number in linux/capability.h.
        const long bounds = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 5 | 1 << 19;
        status.ShouldContain($"CapEff:\t{bounds:x16}\n");
        status.ShouldContain($"CapBnd:\t{bounds:x16}\n");
        status.ShouldContain("NoNewPrivs:\t1\n");
        status.ShouldContain("Seccomp:\t2\n");
        (await node.RunAsync($"nsenter --target={agent} --mount -- touch /usr/mark")).Errors.ShouldContain("Read-only file system");
        (await node.RunAsync($"nsenter --target={agent} --mount -- ls /root/nodeagent.deb")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Guest_runs_within_the_units_bounds_on_every_accelerator()
    {
        await using var node = await NodeBox.StartAsync();

        var guest = await node.StartGuestAsync("tick");
        await node.Client.UntilPrintedAsync("tick", "tick 3\r\n");
        await guest.ShouldBeRunningAsync(node.Client);

        if (File.Exists("/dev/kvm"))
        {
            var kvm = await node.Client.CreateAndStartAsync(Guests.Guest.Empty("kvm", Accelerator.Kvm), paused: true);
            kvm.Status.State.ShouldBe(VmState.Paused);
        }

        var info = await node.Client.Nodes.GetNodeAsync(new GetNodeRequest());
        info.Conditions.Where(condition => condition.Type == "QemuReady").ShouldHaveSingleItem().Status.ShouldBe(ConditionStatus.True);
    }
}
