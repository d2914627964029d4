using System.Globalization;
using System.Net.Sockets;
using System.Text;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A VM as systemd has it: a unit, a user, limits and a machine of its own, and an end that is told.</summary>
public sealed class VmUnitTests
{
    [Fact]
    public async Task Each_guest_has_a_unit_a_user_and_a_machine_of_its_own()
    {
        await using var node = await NodeBox.StartAsync();
        var web = await node.StartGuestAsync("web");
        var shop = await node.StartGuestAsync("shop");

        (await node.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Agent.Launcher.ShouldBe("systemd");
        var unit = await UnitOfAsync(node, web);
        unit.ShouldStartWith("nodeagent-vm-web-");
        (await node.ShowAsync("Slice", unit)).ShouldBe("machine.slice");
        (await node.ShowAsync("KillMode", unit)).ShouldBe("mixed");
        (await node.ShowAsync("MainPID", unit)).ShouldBe($"{web.Vm.Status.Pid}");
        (await node.ShowAsync("TasksMax", unit)).ShouldNotBe("infinity");

        // At the host's end, in reverse: the agent, which takes it down, then the unit, then what its disks and network need.
        (await node.ShowAsync("Before", unit)).Split(' ').ShouldContain("nodeagentd.service");
        var after = (await node.ShowAsync("After", unit)).Split(' ');
        after.ShouldContain("network.target");
        after.ShouldContain("remote-fs.target");
        after.ShouldContain("basic.target", "and with it local file systems");
        (await node.ShowAsync("After")).Split(' ').ShouldContain("dbus.service", "the agent needs the bus until then");
        var status = await StatusOfAsync(node, web);
        status["CapBnd"].ShouldBe("0000000000000000");
        status["CapEff"].ShouldBe("0000000000000000");
        status["NoNewPrivs"].ShouldBe("1");
        status["Seccomp"].ShouldBe("2");
        UserOf(status).ShouldNotBe("0");
        UserOf(status).ShouldNotBe(UserOf(await StatusOfAsync(node, shop)));
        (await node.RunAsync($"tr '\\0' ' ' < /proc/{web.Vm.Status.Pid}/cmdline")).Output.ShouldContain("-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        await UntilMachinesAsync(node, machines => machines.Contains("web") && machines.Contains("shop"));

        // What was lent is back as it was, and nothing of the run stays.
        (await node.RunAsync("stat -c '%U %a' /var/lib/nodeagent/images/web.img")).Output.Trim().ShouldStartWith("root ");
        await node.Client.ForceStopAsync("web");
        await UntilMachinesAsync(node, machines => !machines.Contains("web"));
        await node.UntilAsync("LoadState", now => now == "not-found", unit);
        await shop.ShouldBeRunningAsync(node.Client);

        // Once more at once: neither systemd nor machined takes the new run for the old one.
        await node.Client.StartAsync("web");
        await UntilMachinesAsync(node, machines => machines.Contains("web"));
        (await node.Client.GetAsync("web")).Status.State.ShouldBe(VmState.Running);
    }

    [Fact]
    public async Task QEMUs_user_is_nobody_nowhere()
    {
        await using var node = await NodeBox.StartAsync();
        var inside = await node.StartGuestAsync("inside");
        var other = await node.StartGuestAsync("other");
        (await node.RunAsync("chmod 644 /var/lib/nodeagent/images/*; mkdir -p /srv/images /mnt/x; echo secret > /srv/images/secret; echo secret > /root/secret")).Succeeded();
        var uid = UserOf(await StatusOfAsync(node, inside));
        var pid = inside.Vm.Status.Pid;

        // Where QEMU is, as who it is, with what it may: its view of the files, its network, its user, no capability.
        Task<Command> AsQemuAsync(string shell) => node.RunAsync(
            $"nsenter -t {pid} -m -n -i setpriv --reuid={uid} --regid={uid} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs /bin/bash -c \"{shell}\"");

        (await AsQemuAsync("id -u")).Succeeded().Trim().ShouldBe(uid);
        (string What, string Shell)[] attempts =
        [
            ("another VM's disk", "cat /var/lib/nodeagent/images/other.img"),
            ("its own disk by name", "cat /var/lib/nodeagent/images/inside.img"),
            ("the ledger", "ls /var/lib/nodeagent"),
            ("the agent's socket", "ls /run/nodeagent/api.sock"),
            ("another VM's monitor", $"ls /run/nodeagent/vms/{other.Vm.Id}"),
            ("its unit's note", $"ls /run/nodeagent/vms/{inside.Vm.Id}/unit"),
            ("the agent's configuration", "ls /etc/nodeagent/nodeagentd.conf"),
            ("files of people", "cat /root/secret"),
            ("files of services", "cat /srv/images/secret"),
            ("a file of its own in the system", "touch /usr/bin/mine"),
            ("a file of its own in /etc", "touch /etc/mine"),
            ("memory of another QEMU", $"cat /proc/{other.Vm.Status.Pid}/environ"),
            ("a signal to another QEMU", $"kill -9 {other.Vm.Status.Pid}"),
            ("a signal to the agent", "kill -9 $(pidof nodeagentd)"),
            ("the metrics of the host", "exec 3<>/dev/tcp/127.0.0.1/9464"),
            ("a disk device", "ls /dev/sda /dev/vda /dev/nvme0n1"),
            ("a device node", "mknod /tmp/mine b 8 0"),
            ("a mount", "mount -t tmpfs none /mnt"),
            ("the bus", "busctl --system list"),
        ];
        foreach (var (what, shell) in attempts)
        {
            (await AsQemuAsync(shell)).ExitCode.ShouldNotBe(0, what);
        }

        await other.ShouldBeRunningAsync(node.Client);
        await inside.ShouldBeRunningAsync(node.Client);
    }

    [Fact]
    public async Task Limits_follow_the_spec_while_the_guest_runs()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");
        var unit = await UnitOfAsync(node, guest);
        var memory = ulong.Parse(await node.ShowAsync("MemoryMax", unit), CultureInfo.InvariantCulture);
        memory.ShouldBeGreaterThan((ulong)guest.Vm.Spec.MemoryBytes);

        var wanted = guest.Vm.Clone();
        wanted.Spec.Resources = new ResourceSpec { CpuWeight = 500, CpuQuotaPercent = 250, MemoryMaxBytes = 2L << 30 };
        await node.Client.Vms.UpdateVmAsync(new UpdateVmRequest { Vm = wanted, UpdateMask = new() { Paths = { "spec.resources" } } });

        await node.UntilAsync("MemoryMax", now => now == $"{2L << 30}", unit);
        (await node.ShowAsync("CPUWeight", unit)).ShouldBe("500");
        (await node.ShowAsync("CPUQuotaPerSecUSec", unit)).ShouldBe("2.500000s");
        await guest.ShouldBeRunningAsync(node.Client);
        (await node.Client.GetAsync("guest")).Status.PendingFields.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_is_told_rightly_whether_the_agent_was_there_or_not(bool away)
    {
        await using var node = await NodeBox.StartAsync();
        (string Name, string Shell, ExitReason Reason, int Signal)[] ends =
        [
            ("killed", "kill -9 PID", ExitReason.QemuCrashed, 9),
            ("crashed", "kill -SEGV PID", ExitReason.QemuCrashed, 11),
            ("stopped", "systemctl stop UNIT", ExitReason.StoppedByHost, 0),
            ("terminated", "machinectl terminate NAME", ExitReason.StoppedByHost, 0),
        ];
        var guests = new List<(BoxGuest Guest, string Unit)>();
        foreach (var end in ends)
        {
            var guest = await node.StartGuestAsync(end.Name);
            guests.Add((guest, await UnitOfAsync(node, guest)));
        }

        await UntilMachinesAsync(node, machines => machines.Contains("terminated"));
        if (away)
        {
            (await node.RunAsync("systemctl stop nodeagentd.socket nodeagentd.service")).Succeeded();
        }

        foreach (var (end, (guest, unit)) in ends.Zip(guests))
        {
            (await node.RunAsync(end.Shell.Replace("PID", $"{guest.Vm.Status.Pid}").Replace("UNIT", unit).Replace("NAME", end.Name))).Succeeded();
            await node.UntilAsync("LoadState", now => now == "not-found", unit);
        }

        (await node.RunAsync("systemctl start nodeagentd")).Succeeded();
        foreach (var end in ends)
        {
            var exit = (await node.Client.UntilAsync(end.Name, VmState.Stopped)).Status.Exit;
            exit.Reason.ShouldBe(end.Reason, $"{end.Name}: {exit}");
            exit.Signal.ShouldBe(end.Signal, end.Name);
        }
    }

    [Fact]
    public async Task Guest_that_uses_up_its_memory_is_told_apart_from_one_that_crashed()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("hungry");
        var unit = await UnitOfAsync(node, guest);
        (await node.RunAsync("systemctl stop nodeagentd.socket nodeagentd.service")).Succeeded();
        (await node.RunAsync($"systemctl set-property --runtime {unit} MemoryMax=256M MemoryHigh=infinity")).Succeeded();

        // QEMU itself is made to want more than it may have, as one that leaks would.
        using (var monitor = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await monitor.ConnectAsync(new UnixDomainSocketEndPoint(node.Box.Path($"/run/nodeagent/vms/{guest.Vm.Id}/qmp.sock")));
            await monitor.SendAsync(Encoding.ASCII.GetBytes(
                """{"execute":"qmp_capabilities"}{"execute":"object-add","arguments":{"qom-type":"memory-backend-ram","id":"more","size":1073741824,"prealloc":true}}"""));
            await node.UntilAsync("LoadState", now => now == "not-found", unit);
        }

        (await node.RunAsync("systemctl start nodeagentd")).Succeeded();
        var exit = (await node.Client.UntilAsync("hungry", VmState.Stopped)).Status.Exit;
        exit.Reason.ShouldBe(ExitReason.OutOfMemory, exit.ToString());
        exit.Message.ShouldContain("memory");
    }

    [Fact]
    public async Task Bus_that_goes_and_comes_back_is_an_episode()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");

        (await node.RunAsync("systemctl restart dbus")).Succeeded();

        await guest.ShouldBeRunningAsync(node.Client);
        var next = await node.StartGuestAsync("next");
        await next.ShouldBeRunningAsync(node.Client);
        await node.Client.ForceStopAsync("next");
        await guest.ShouldBeRunningAsync(node.Client);
    }

    [Fact]
    public async Task Kernel_console_screenshot_and_display_work_from_inside_the_unit()
    {
        await using var node = await NodeBox.StartAsync();
        await node.Box.CopyInAsync(Path.Combine(Artifacts.Guests, "multiboot.elf"), "/var/lib/nodeagent/images/kernel.elf");
        (await node.RunAsync("chmod 600 /var/lib/nodeagent/images/kernel.elf")).Succeeded();
        var vm = Guest.Empty("shown", Accelerator.Tcg);
        vm.Spec.Machine = "pc";
        vm.Spec.Kernel = new DirectKernel { KernelPath = "/var/lib/nodeagent/images/kernel.elf" };
        vm.Spec.Display = new DisplaySpec { Vnc = true };
        vm.Spec.Console = new ConsoleSpec();
        var started = await node.Client.CreateAndStartAsync(vm);

        (await node.Client.UntilPrintedAsync("shown", "\n")).ShouldNotBeEmpty();
        var picture = await node.Client.Vms.TakeScreenshotAsync(new TakeScreenshotRequest { Vm = "shown" });
        picture.Image.Length.ShouldBeGreaterThan(100);
        (await node.RunAsync($"test -S {started.Status.VncSocket}")).Succeeded();
    }

    private static async Task<string> UnitOfAsync(NodeBox node, BoxGuest guest) =>
        (await node.RunAsync($"grep -o 'nodeagent-vm-[^/]*[.]service' /proc/{guest.Vm.Status.Pid}/cgroup | head -n 1")).Succeeded().Trim();

    private static async Task<Dictionary<string, string>> StatusOfAsync(NodeBox node, BoxGuest guest) =>
        (await node.RunAsync($"cat /proc/{guest.Vm.Status.Pid}/status")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim());

    private static string UserOf(Dictionary<string, string> status) => status["Uid"].Split('\t')[0];

    // machined hears of a guest a moment after the guest is there.
    private static async Task UntilMachinesAsync(NodeBox node, Func<string[], bool> isWanted)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        string[] machines;
        do
        {
            await Task.Delay(50, limit.Token);
            var listed = (await node.RunAsync("machinectl list --no-legend")).Output;
            machines = [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
        }
        while (!isWanted(machines));
    }
}
