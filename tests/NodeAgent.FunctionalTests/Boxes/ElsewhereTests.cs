using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>Kernels, images and programs that lie where a unit does not look by itself.</summary>
public sealed class ElsewhereTests
{
    // A QEMU that is installed as PREFIX/bin/NAME, with what it needs beside it.
    private const string InstallQemu =
        "mkdir -p /opt/qemu/bin /opt/qemu/lib/x86_64-linux-gnu /opt/qemu/share/qemu && cp /usr/bin/qemu-system-x86_64 /opt/qemu/bin/ && "
        + "cp -a /usr/lib/x86_64-linux-gnu/qemu /opt/qemu/lib/x86_64-linux-gnu/ && cp -rL /usr/share/qemu/. /usr/share/seabios/. /opt/qemu/share/qemu/";

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Kernels_and_disks_are_taken_from_wherever_the_image_roots_are()
    {
        string[] roots = ["/srv/images", "/mnt", "/opt/vms/images", "/media/images"];
        await using var node = await NodeBox.StartAsync();
        foreach (var root in roots)
        {
            await node.Box.CopyInAsync(Path.Combine(Artifacts.Guests, "multiboot.elf"), $"{root}/kernel.elf");
            await node.Box.CopyInAsync(Path.Combine(Artifacts.Guests, "tick.raw"), $"{root}/disk.raw");
        }

        (await node.RunAsync($"chmod 600 /srv/images/kernel.elf; printf '[qemu]\\nimage_roots = {string.Join(", ", roots)}\\n' >/etc/nodeagent/conf.d/roots.conf; systemctl reload nodeagentd")).Succeeded();
        await node.Client.UntilEventAsync("", "agent.reloaded");

        foreach (var (root, number) in roots.Select((root, number) => (root, number)))
        {
            var vm = Guest.Multiboot($"boots{number}");
            vm.Spec.Kernel.KernelPath = $"{root}/kernel.elf";
            vm.Spec.Disks.Add(new Disk { Path = $"{root}/disk.raw", Format = DiskFormat.Raw });
            await node.Client.CreateAndStartAsync(vm);
            await node.Client.UntilPrintedAsync(vm.Name, Guest.MultibootGreeting);
        }
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Qemu_with_a_prefix_of_its_own_runs_guests_and_one_that_guests_may_not_execute_is_told_with_the_remedy()
    {
        await using var node = await NodeBox.StartAsync();
        (await node.RunAsync($"{InstallQemu} && printf '[qemu]\\nbinary = /opt/qemu/bin/qemu-system-x86_64\\n' >/etc/nodeagent/conf.d/qemu.conf && systemctl restart nodeagentd")).Succeeded();

        var guest = await node.StartGuestAsync("tick");

        await node.Client.UntilPrintedAsync("tick", "tick 3\r\n");
        (await node.RunAsync($"readlink /proc/{guest.Vm.Status.Pid}/exe")).Output.ShouldBe("/opt/qemu/bin/qemu-system-x86_64\n");
        await node.Client.ForceStopAsync("tick");
        (await node.RunAsync("chmod 700 /opt/qemu/bin/qemu-system-x86_64")).Succeeded();
        var refused = await node.Client.WaitForEndAsync(await node.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "tick" }));
        refused.Error.Message.ShouldContain("/opt/qemu/bin/qemu-system-x86_64 cannot be executed by a guest's user");
        refused.Error.Message.ShouldContain("chmod 755");
        (await node.RunAsync("systemctl list-units --all --plain --no-legend 'nodeagent-vm-*'")).Output.ShouldBeEmpty();
    }

    // As `make demo` does it, from a checkout in somebody's home.
    [Theory]
    [InlineData("/root/tree", Traits = [Effort.Trait, Effort.WholeOnly])]
    [InlineData("/home/alice/tree", Traits = [Effort.Trait, Effort.WholeOnly])]
    [InlineData("/tmp/tree")]
    public async Task Agent_that_is_started_from_where_it_was_built_has_units_for_its_guests(string tree)
    {
        await using var box = await SystemdBox.StartAsync();
        foreach (var program in (string[])["nodeagentd", "nodectl", "nodeagent-vm"])
        {
            // /tmp and /run are not on the disk.
            await box.CopyInAsync(Path.Combine(Artifacts.Tree, "artifacts/bin", program), $"/var/lib/built/{program}");
        }

        await box.CopyInAsync(Path.Combine(Artifacts.Guests, "tick.raw"), "/var/lib/built/tick.raw");
        (await box.RunAsync(
            $"mkdir -p {tree} && chmod 700 {Path.GetDirectoryName(tree)} {tree} && mkdir -p /tmp/na/state/images && cp /var/lib/built/tick.raw /tmp/na/state/images/ && mv /var/lib/built {tree}/bin && "
            + $"systemd-run --quiet --unit=by-hand {tree}/bin/nodeagentd --state-dir /tmp/na/state --run-dir /tmp/na/run")).Succeeded();

        var started = await box.RunAsync(
            $"export PATH={tree}/bin:$PATH NODECTL_HOST=unix:/tmp/na/run/api.sock; for try in $(seq 100); do nodectl node get >/dev/null 2>&1 && break; sleep 0.1; done; "
            + "nodectl vm create tick --memory 32M --vcpus 1 --accel tcg --machine pc --disk path=/tmp/na/state/images/tick.raw,format=raw && nodectl vm start tick && "
            + "for try in $(seq 100); do nodectl vm logs tick | grep -q 'tick 3' && break; sleep 0.1; done; nodectl vm logs tick | head -n 5; systemctl list-units --plain --no-legend 'nodeagent-vm-tick-*'");

        started.Succeeded().ShouldContain("tick 3");
        started.Output.ShouldContain("nodeagent-vm-tick-");
    }
}
