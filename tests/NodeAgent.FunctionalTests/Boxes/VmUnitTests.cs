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

        await UnitConformance.QemuMayNothingAsync(node);
    }

    [Fact]
    public async Task Limits_follow_the_spec_while_the_guest_runs()
    {
        await using var node = await NodeBox.StartAsync();

        await UnitConformance.LimitsFollowAsync(node);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
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
