using System.Net.Sockets;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.FunctionalTests.Hosts;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A VM as systemd has it: a unit, a user, limits and a machine of its own, and an end that is told.</summary>
public sealed class VmUnitTests
{
    [Fact]
    public async Task Each_guest_has_a_unit_a_user_and_a_machine_of_its_own()
    {
        await using var node = await NodeBox.StartAsync();

        await UnitConformance.EachGuestHasItsOwnAsync(node);
    }

    [Fact]
    public async Task QEMUs_user_is_nobody_nowhere()
    {
        await using var node = await NodeBox.StartAsync();

        await EscapeConformance.QemuMayNothingAsync(node);
    }

    [Fact]
    public async Task User_network_gives_a_unit_the_network_and_nothing_of_the_hosts_besides()
    {
        await using var node = await NodeBox.StartAsync();

        await EscapeConformance.UserNetworkIsBoundedAsync(node);
    }

    [Fact]
    public async Task Limits_follow_the_spec_while_the_guest_runs()
    {
        await using var node = await NodeBox.StartAsync();

        await UnitConformance.LimitsFollowAsync(node);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, Traits = [Effort.Trait, Effort.WholeOnly])]
    public async Task An_end_is_told_rightly_whether_the_agent_was_there_or_not(bool away)
    {
        await using var node = await NodeBox.StartAsync();

        await UnitConformance.EndIsToldAsync(node, away);
    }

    [Fact]
    public async Task Guest_that_uses_up_its_memory_is_told_apart_from_one_that_crashed()
    {
        await using var node = await NodeBox.StartAsync();

        await UnitConformance.MemoryUsedUpAsync(node, spec => spec.Resources = new ResourceSpec { MemoryMaxBytes = 256 << 20 });
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Guest_that_uses_up_its_memory_before_the_agents_eyes_is_told_of_at_once()
    {
        await using var node = await NodeBox.StartAsync();

        await UnitConformance.MemoryUsedUpBeforeTheAgentsEyesAsync(node);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, Traits = [Effort.Trait, Effort.WholeOnly])]
    public async Task Exit_status_of_QEMU_is_told_whether_the_agent_was_there_or_not(bool away)
    {
        await using var node = await NodeBox.StartAsync();
        await node.Box.CopyInAsync(Artifacts.FakeQemu, "/usr/lib/fake/fakeqemu");

        // It notes what it met beside its script, where a unit cannot write.
        (await node.RunAsync(
            """ln -s /tmp/met /usr/lib/fake/fakeqemu.script.json.met; echo '[{"on":"stop","do":"exit","status":3,"text":"qemu: gave up"}]' >/usr/lib/fake/fakeqemu.script.json; printf '[qemu]\nbinary = /usr/lib/fake/fakeqemu\n' >/etc/nodeagent/conf.d/fake.conf; systemctl restart nodeagentd""")).Succeeded();
        var vm = await node.Client.CreateAndStartAsync(Guest.Empty("fails"));

        if (away)
        {
            var unit = await node.UnitOfAsync(vm);
            (await node.RunAsync("systemctl stop nodeagentd.socket nodeagentd.service")).Succeeded();
            using var monitor = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await monitor.ConnectAsync(new UnixDomainSocketEndPoint(node.Box.Path($"/run/nodeagent/vms/{vm.Id}/qmp.sock")));
            await monitor.SendAsync("{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"stop\"}\n"u8.ToArray());
            await node.UntilAsync("LoadState", now => now == "not-found", unit);
            (await node.RunAsync("systemctl start nodeagentd")).Succeeded();
        }
        else
        {
            await node.Client.WaitForEndAsync(await node.Client.Vms.PauseVmAsync(new PauseVmRequest { Vm = "fails" }));
        }

        var exit = (await node.Client.UntilAsync("fails", VmState.Stopped)).Status.Exit;
        exit.Reason.ShouldBe(ExitReason.QemuCrashed, exit.ToString());
        exit.ExitCode.ShouldBe(3);
        exit.Signal.ShouldBe(0);
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Stranger_with_the_number_of_a_guests_process_is_left_alone_and_the_guests_end_is_told()
    {
        await using var node = await NodeBox.StartAsync();
        var guest = await node.StartGuestAsync("guest");
        var (pid, unit) = (guest.Vm.Status.Pid, await node.UnitOfAsync(guest.Vm));
        (await node.RunAsync($"systemctl stop nodeagentd.socket nodeagentd.service && kill -9 {pid}")).Succeeded();
        await node.UntilAsync("LoadState", now => now == "not-found", unit);
        // The kernel gives the next free number; inside, /proc/sys cannot be written.
        (await Command.RunAsync("nsenter",
            [$"--target={node.Box.Leader}", "--pid", "--", "/bin/sh", "-c",
                $"for try in $(seq 500); do echo {pid - 1} >/proc/sys/kernel/ns_last_pid; sleep 300 >/dev/null 2>&1 & [ $! = {pid} ] && exit 0; kill $!; done; exit 1"])).Succeeded();

        (await node.RunAsync("systemctl start nodeagentd")).Succeeded();

        var exit = (await node.Client.UntilAsync("guest", VmState.Stopped)).Status.Exit;
        exit.Reason.ShouldBe(ExitReason.QemuCrashed, exit.ToString());
        exit.Signal.ShouldBe(9);
        (await node.RunAsync($"cat /proc/{pid}/comm && kill {pid}")).Succeeded().ShouldBe("sleep\n");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Machined_that_was_not_there_lists_the_guests_when_it_comes()
    {
        await using var node = await NodeBox.StartAsync();
        (await node.RunAsync("systemctl mask --now systemd-machined.service")).Succeeded();
        await node.StartGuestAsync("early");
        (await node.RunAsync("machinectl list")).ExitCode.ShouldNotBe(0);

        (await node.RunAsync("systemctl unmask systemd-machined.service && systemctl start systemd-machined.service")).Succeeded();

        await node.UntilMachinesAsync(machines => machines.Contains("early"));
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
        using var viewer = await Viewer.AttachAsync(node.Client.Vms, "shown");
        (await viewer.HandshakeAsync()).ShouldContain("shown");
        await viewer.AskAsync();
        (await viewer.UpdateAsync()).ShouldBe(viewer.Size.Width * viewer.Size.Height);

        // The socket is QEMU's user's and root's; neither another user nor the one of another guest gets to it.
        var shop = await node.StartTickAsync("shop");
        foreach (var user in (string[])["65534", (await node.RunAsync($"awk '/^Uid:/ {{print $2}}' /proc/{shop.Status.Pid}/status")).Succeeded().Trim()])
        {
            var stranger = await node.RunAsync($"setpriv --reuid {user} --regid 65534 --clear-groups nodectl --host unix:{started.Status.VncSocket} vm list");
            stranger.ExitCode.ShouldBe(7, $"user {user}: {stranger.Errors}");
        }
    }
}
