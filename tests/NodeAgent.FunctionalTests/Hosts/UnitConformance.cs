using System.Globalization;
using System.Net.Sockets;
using System.Text;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>What a VM's unit must be on every host with systemd, whichever layout its cgroups have: said once, asked of both.</summary>
internal static class UnitConformance
{
    /// <summary>Each guest has a unit, a user and a machine of its own, and leaves none of them behind.</summary>
    public static async Task EachGuestHasItsOwnAsync(InstalledNode node)
    {
        var web = await node.StartTickAsync("web");
        var shop = await node.StartTickAsync("shop");

        (await node.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Agent.Launcher.ShouldBe("systemd");
        var unit = await node.UnitOfAsync(web);
        unit.ShouldStartWith("nodeagent-vm-web-");
        (await node.ShowAsync("Slice", unit)).ShouldBe("machine.slice");
        (await node.ShowAsync("KillMode", unit)).ShouldBe("mixed");
        (await node.ShowAsync("MainPID", unit)).ShouldBe($"{web.Status.Pid}");
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
        (await node.RunAsync($"tr '\\0' ' ' < /proc/{web.Status.Pid}/cmdline")).Output.ShouldContain("-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        await node.UntilMachinesAsync(machines => machines.Contains("web") && machines.Contains("shop"));

        // What was lent is back as it was, and nothing of the run stays.
        (await node.RunAsync($"stat -c '%U %a' {InstalledNode.Images}/web.img")).Output.Trim().ShouldStartWith("root ");
        await node.Client.ForceStopAsync("web");
        await node.UntilMachinesAsync(machines => !machines.Contains("web"));
        await node.UntilAsync("LoadState", now => now == "not-found", unit);
        await ShouldRunOnAsync(node, shop);

        // Once more at once: neither systemd nor machined takes the new run for the old one.
        await node.Client.StartAsync("web");
        await node.UntilMachinesAsync(machines => machines.Contains("web"));
        (await node.Client.GetAsync("web")).Status.State.ShouldBe(VmState.Running);
    }

    /// <summary>Limits follow the spec while the guest runs.</summary>
    /// <returns>The guest, with the new limits, and its unit.</returns>
    public static async Task<(Vm Guest, string Unit)> LimitsFollowAsync(InstalledNode node)
    {
        var guest = await node.StartTickAsync("limited");
        var unit = await node.UnitOfAsync(guest);
        var memory = ulong.Parse(await node.ShowAsync("MemoryMax", unit), CultureInfo.InvariantCulture);
        memory.ShouldBeGreaterThan((ulong)guest.Spec.MemoryBytes);

        var wanted = guest.Clone();
        wanted.Spec.Resources = new ResourceSpec { CpuWeight = 500, CpuQuotaPercent = 250, IoWeight = 300, MemoryMaxBytes = 1L << 30 };
        await node.Client.Vms.UpdateVmAsync(new UpdateVmRequest { Vm = wanted, UpdateMask = new() { Paths = { "spec.resources" } } });

        await node.UntilAsync("MemoryMax", now => now == $"{1L << 30}", unit);
        (await node.ShowAsync("CPUWeight", unit)).ShouldBe("500");
        (await node.ShowAsync("CPUQuotaPerSecUSec", unit)).ShouldBe("2.500000s");
        (await node.ShowAsync("IOWeight", unit)).ShouldBe("300");
        await ShouldRunOnAsync(node, guest);
        (await node.Client.GetAsync("limited")).Status.PendingFields.ShouldBeEmpty();
        return (guest, unit);
    }

    /// <summary>An end is told rightly, whoever brought it about.</summary>
    /// <param name="node">Where.</param>
    /// <param name="away">Whether the agent is away meanwhile.</param>
    public static async Task EndIsToldAsync(InstalledNode node, bool away)
    {
        (string Name, string Shell, ExitReason Reason, int Signal)[] ends =
        [
            ("killed", "kill -9 PID", ExitReason.QemuCrashed, 9),
            ("crashed", "kill -SEGV PID", ExitReason.QemuCrashed, 11),
            ("stopped", "systemctl stop UNIT", ExitReason.StoppedByHost, 0),
            ("terminated", "machinectl terminate NAME", ExitReason.StoppedByHost, 0),
        ];
        var guests = new List<(Vm Guest, string Unit)>();
        foreach (var end in ends)
        {
            var guest = await node.StartTickAsync(end.Name);
            guests.Add((guest, await node.UnitOfAsync(guest)));
        }

        await node.UntilMachinesAsync(machines => machines.Contains("terminated"));
        if (away)
        {
            await StopAgentAsync(node);
        }

        foreach (var (end, (guest, unit)) in ends.Zip(guests))
        {
            (await node.RunAsync(end.Shell.Replace("PID", $"{guest.Status.Pid}").Replace("UNIT", unit).Replace("NAME", end.Name))).Succeeded();
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

    /// <summary>A guest that uses up its memory is killed soon, and told apart from one that crashed.</summary>
    /// <param name="node">Where.</param>
    /// <param name="change">What bounds its memory below 1 GiB.</param>
    public static async Task MemoryUsedUpAsync(InstalledNode node, Action<VmSpec> change)
    {
        var guest = await node.StartTickAsync("hungry", change);
        var unit = await node.UnitOfAsync(guest);
        await StopAgentAsync(node);

        // QEMU itself is made to want more than it may have, as one that leaks would.
        using (var monitor = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await monitor.ConnectAsync(new UnixDomainSocketEndPoint(await node.Host.ReachAsync($"/run/nodeagent/vms/{guest.Id}/qmp.sock")));
            await monitor.SendAsync(Encoding.ASCII.GetBytes(
                """{"execute":"qmp_capabilities"}{"execute":"object-add","arguments":{"qom-type":"memory-backend-ram","id":"more","size":1073741824,"prealloc":true}}"""));
            await node.UntilAsync("LoadState", now => now == "not-found", unit);
        }

        (await node.RunAsync("systemctl start nodeagentd")).Succeeded();
        var exit = (await node.Client.UntilAsync("hungry", VmState.Stopped)).Status.Exit;
        exit.Reason.ShouldBe(ExitReason.OutOfMemory, exit.ToString());
        exit.Message.ShouldContain("memory");
    }

    /// <summary>As <see cref="MemoryUsedUpAsync"/>, while the agent looks on: it is told at once.</summary>
    public static async Task MemoryUsedUpBeforeTheAgentsEyesAsync(InstalledNode node)
    {
        var guest = await node.StartTickAsync("hungry", spec => spec.Resources = new ResourceSpec { MemoryMaxBytes = 256 << 20 });
        var unit = await node.UnitOfAsync(guest);
        var agent = await node.ShowAsync("MainPID");

        // The agent has the monitor, so that somebody else in QEMU's cgroup wants what is left; and QEMU is the one to go.
        (await node.RunAsync(
            $"group=$(sed -n 's,^[0-9]*:memory:,/sys/fs/cgroup/memory,p' /proc/{guest.Status.Pid}/cgroup); group=${{group:-/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/{guest.Status.Pid}/cgroup)}}; "
            + $"echo 1000 >/proc/{guest.Status.Pid}/oom_score_adj; "
            + "setsid perl -e 'open(F, q(>), shift) or die; print F $$; close F; open(F, q(>), q(/proc/self/oom_score_adj)); print F -1000; close F; my $n = 236 << 20; my $all = q(x) x $n; sleep 60' $group/cgroup.procs >/dev/null 2>&1 &")).Succeeded();

        var exit = (await node.Client.UntilAsync("hungry", VmState.Stopped)).Status.Exit;
        exit.Reason.ShouldBe(ExitReason.OutOfMemory, exit.ToString());
        await node.UntilAsync("LoadState", now => now == "not-found", unit);
        (await node.ShowAsync("MainPID")).ShouldBe(agent, "it was there all the time");
    }

    private static async Task<Dictionary<string, string>> StatusOfAsync(InstalledNode node, Vm guest) =>
        (await node.RunAsync($"cat /proc/{guest.Status.Pid}/status")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim());

    private static string UserOf(Dictionary<string, string> status) => status["Uid"].Split('\t')[0];

    private static async Task StopAgentAsync(InstalledNode node) =>
        (await node.RunAsync("systemctl stop nodeagentd.socket nodeagentd.service")).Succeeded();

    /// <summary>Demands that a guest is running, in the process and run that it was in.</summary>
    public static async Task ShouldRunOnAsync(InstalledNode node, Vm guest)
    {
        var now = await node.Client.GetAsync(guest.Id);
        now.Status.State.ShouldBe(VmState.Running, $"{guest.Name}: {now.Status}");
        now.Status.Pid.ShouldBe(guest.Status.Pid, guest.Name);
        now.Status.RunId.ShouldBe(guest.Status.RunId, guest.Name);
    }
}
