using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>The lab host itself keeps what it promises to the tests that run on it.</summary>
[Trait(Effort.Trait, Effort.WholeOnly)]
public sealed class LabHostTests
{
    [Fact]
    public async Task Host_is_whole_and_nothing_of_it_is_left_whatever_ends_its_keeper()
    {
        await using var host = await LabHost.StartAsync("lab-host", ["-device", "pvpanic"]);

        (await host.RunAsync("cat /proc/1/comm")).Succeeded().ShouldBe("systemd\n");
        (await host.RunAsync("cat /sys/fs/cgroup/cgroup.controllers")).Succeeded().ShouldBe("cpuset cpu io memory hugetlb pids rdma misc\n");
        (await host.RunAsync("systemd-run --wait --quiet -p MemoryMax=20M -p MemorySwapMax=0 tail /dev/zero")).ExitCode.ShouldNotBe(0);
        (await host.RunAsync("stat -c '%U %G %a' /dev/kvm")).Succeeded().ShouldBe("root kvm 660\n");
        (await host.RunAsync("cat /sys/module/apparmor/parameters/enabled")).Succeeded().ShouldBe("Y\n");
        (await host.RunAsync("ls /sys/bus/acpi/devices")).Succeeded().ShouldContain("QEMU0001");
        (await host.RunAsync("echo \"it's \\\"quoted\\\"\" >&2; exit 7")).ShouldBe(new Command(7, "", "it's \"quoted\"\n"));

        // Its disk names its folder, and no other process's arguments do.
        using var qemu = PidFd.TryOpen(ProcessTable.Containing($"{host.Keeper.Home}/disk").ShouldHaveSingleItem().Pid)!;
        using (var keeper = PidFd.TryOpen(host.Keeper.Pid)!)
        {
            keeper.Send(PidFd.Kill);
        }

        await ExitWatch.WaitAsync(qemu).WaitAsync(AgentClient.Patience);
        await using (await LabKeeper.StartAsync($"{host.Name}-next", LabMachine.Image, []))
        {
            Directory.Exists(host.Keeper.Home).ShouldBeFalse();
        }

        Directory.Exists($"{host.Keeper.Home}-next").ShouldBeFalse();
    }
}
