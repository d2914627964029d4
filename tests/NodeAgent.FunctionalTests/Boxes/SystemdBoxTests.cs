using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>The box itself keeps what it promises to the tests that run in it.</summary>
public sealed class SystemdBoxTests
{
    [Fact]
    public async Task Box_is_a_host_with_systemd_logind_machined_and_limits_that_hold()
    {
        await using var box = await SystemdBox.StartAsync();

        (await box.RunAsync("cat /proc/1/comm")).Succeeded().ShouldBe("systemd\n");
        (await box.RunAsync("systemctl is-system-running")).Output.ShouldBe("running\n");
        (await box.RunAsync("systemd-inhibit --list")).Succeeded();
        (await box.RunAsync("machinectl list")).Succeeded().ShouldContain("No machines");
        (await box.RunAsync("stat -c '%U %G %a' /dev/kvm")).Output.ShouldBe(File.Exists("/dev/kvm") ? "root kvm 660\n" : "");
        (await box.RunAsync("systemd-run --wait --quiet -p MemoryMax=20M -p MemorySwapMax=0 tail /dev/zero")).ExitCode.ShouldNotBe(0);
        (await box.RunAsync("ip -br link")).Succeeded().ShouldStartWith("lo");
    }

    [Fact]
    public async Task Box_keeps_its_disk_and_its_journal_over_a_power_off_and_has_another_boot_id_after_it()
    {
        await using var box = await SystemdBox.StartAsync();
        var boot = (await box.RunAsync("cat /proc/sys/kernel/random/boot_id")).Succeeded();
        (await box.RunAsync("echo kept > /root/note; echo lost > /run/note; logger -t note written")).Succeeded();

        await box.PowerOffAsync();

        File.ReadAllText(box.DiskPath("/root/note")).ShouldBe("kept\n");
        (await box.JournalAsync("-t", "note", "-o", "cat")).ShouldBe("written\n");
        await box.BootAsync();
        (await box.RunAsync("cat /root/note")).Succeeded().ShouldBe("kept\n");
        (await box.RunAsync("cat /run/note")).ExitCode.ShouldBe(1);
        (await box.RunAsync("cat /proc/sys/kernel/random/boot_id")).Succeeded().ShouldNotBe(boot);
    }

    [Fact]
    public async Task Nothing_of_a_box_is_left_when_it_is_gone()
    {
        string name;
        await using (var box = await SystemdBox.StartAsync())
        {
            name = box.Name;
            Directory.Exists($"/run/nodeagent-box/{name}").ShouldBeTrue();
            CgroupsOf(name).ShouldNotBeEmpty();
        }

        Directory.Exists($"/run/nodeagent-box/{name}").ShouldBeFalse();
        CgroupsOf(name).ShouldBeEmpty();
        File.ReadAllText("/proc/self/mounts").ShouldNotContain($"/{name}/");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task What_a_killed_keeper_left_behind_is_swept_away_and_other_boxes_are_not()
    {
        await using var other = await SystemdBox.StartAsync();
        await using var box = await SystemdBox.StartAsync();
        using var leader = PidFd.TryOpen(box.Leader)!;
        using (var keeper = PidFd.TryOpen(box.KeeperPid)!)
        {
            keeper.Send(PidFd.Kill);
            await ExitWatch.WaitAsync(keeper).WaitAsync(AgentClient.Patience);
        }

        leader.HasExited.ShouldBeFalse();
        (await Command.RunAsync(Path.Combine(BoxMachine.Scripts, "sweep.sh"), [])).Succeeded();

        leader.HasExited.ShouldBeTrue();
        Directory.Exists($"/run/nodeagent-box/{box.Name}").ShouldBeFalse();
        CgroupsOf(box.Name).ShouldBeEmpty();
        (await other.RunAsync("true")).Succeeded();
    }

    private static IEnumerable<string> CgroupsOf(string name) =>
        Directory.EnumerateDirectories("/sys/fs/cgroup", $"nodeagent-box-{name}", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 });
}
