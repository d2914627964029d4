using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Boxes;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// The agent and its guests on a host with a kernel of its own: cgroups of version 2 with all controllers, AppArmor that
/// enforces, and a KVM that runs any guest.
/// </summary>
/// <param name="lab">The host of all these tests.</param>
[Trait(Effort.Trait, Effort.WholeOnly)]
public sealed class LabUnitTests(LabNode lab) : IClassFixture<LabNode>, IAsyncLifetime
{
    private InstalledNode? _node;

    private InstalledNode Node => _node ?? throw new InvalidOperationException("There is no host yet.");

    public async ValueTask InitializeAsync() => _node = await lab.NodeAsync();

    /// <summary>Whatever the test did, the agent was denied nothing that it needs; and the next test finds no guest.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_node is null)
        {
            return;
        }

        (await Node.RunAsync("systemctl start nodeagentd")).Succeeded();
        foreach (var vm in await Node.Client.ListAsync())
        {
            if (vm.Status.State is not VmState.Stopped)
            {
                await Node.Client.ForceStopAsync(vm.Id);
            }

            await Node.Client.DeleteAsync(vm.Id);
        }

        (await Node.RunAsync("journalctl --dmesg --quiet --output=cat --grep='apparmor=\"(DENIED|ALLOWED)\"'")).Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Host_is_a_fit_node()
    {
        (await Node.RunAsync("stat -f -c %T /sys/fs/cgroup")).Output.ShouldBe("cgroup2fs\n");
        (await Node.RunAsync("cat /proc/$(pidof nodeagentd)/attr/current")).Output.ShouldBe("nodeagentd (enforce)\n");

        var node = await Node.Client.Nodes.GetNodeAsync(new GetNodeRequest());

        node.Agent.Launcher.ShouldBe("systemd");
        foreach (var type in (string[])["KvmReady", "NestedVirtualization", "PressureReported", "QemuReady", "QemuSandboxed", "LoopbackClosedToGuests", "GuestsGoFirst"])
        {
            var condition = node.Conditions.Single(one => one.Type == type);
            condition.Status.ShouldBe(ConditionStatus.True, condition.ToString());
        }

        (await Node.RunAsync("nodectl doctor")).Succeeded().ShouldContain("This host is fit.");
    }

    [Fact]
    public async Task Launcher_conforms() => await LauncherConformanceTests.ConformAsync(Node);

    [Fact]
    public async Task Each_guest_has_a_unit_a_user_and_a_machine_of_its_own() => await UnitConformance.EachGuestHasItsOwnAsync(Node);

    [Fact]
    public async Task QEMUs_user_is_nobody_nowhere() => await EscapeConformance.QemuMayNothingAsync(Node);

    [Fact]
    public async Task User_network_gives_a_unit_the_network_and_nothing_of_the_hosts_besides() => await EscapeConformance.UserNetworkIsBoundedAsync(Node);

    [Fact]
    public async Task Limits_are_the_cgroups_from_the_start_and_when_they_change()
    {
        var guest = await Node.StartTickAsync("guest", spec => spec.Resources = new ResourceSpec { CpuWeight = 200, CpuQuotaPercent = 50, IoWeight = 20, MemoryMaxBytes = 512 << 20 });
        await ShouldBeAsync(guest, new()
        {
            ["cpu.weight"] = "200",
            ["cpu.max"] = "50000 100000",
            ["io.weight"] = "default 20",
            ["memory.high"] = "max",
            ["memory.max"] = $"{512 << 20}",
            ["pids.max"] = "513",
        });

        var (changed, _) = await UnitConformance.LimitsFollowAsync(Node);

        await ShouldBeAsync(changed, new()
        {
            ["cpu.weight"] = "500",
            ["cpu.max"] = "250000 100000",
            ["io.weight"] = "default 300",
            ["memory.high"] = "max",
            ["memory.max"] = $"{1 << 30}",
            ["pids.max"] = "513",
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_end_is_told_rightly_whether_the_agent_was_there_or_not(bool away) => await UnitConformance.EndIsToldAsync(Node, away);

    [Fact]
    public async Task Guest_that_uses_up_the_memory_it_was_given_is_told_apart_from_one_that_crashed() =>
        await UnitConformance.MemoryUsedUpAsync(Node, spec => spec.Resources = new ResourceSpec { MemoryMaxBytes = 256 << 20 });

    [Fact]
    public async Task Guest_that_uses_up_its_memory_before_the_agents_eyes_is_told_of_at_once() =>
        await UnitConformance.MemoryUsedUpBeforeTheAgentsEyesAsync(Node);

    [Fact]
    public async Task Guest_that_leaks_is_killed_and_does_not_hang_where_nobody_gave_it_a_limit() =>
        await UnitConformance.MemoryUsedUpAsync(Node, spec => spec.Accelerator = Accelerator.Kvm);

    [Fact]
    public async Task Linux_of_64_bits_runs_on_KVM_and_obeys_its_power_button()
    {
        foreach (var file in (string[])["vmlinuz", "initrd.gz"])
        {
            await Node.Host.CopyInAsync(Path.Combine(Artifacts.Guests, file), $"{InstalledNode.Images}/{file}");
        }

        var linux = Guest.Linux();
        linux.Spec.Accelerator = Accelerator.Auto;
        linux.Spec.Kernel.KernelPath = $"{InstalledNode.Images}/vmlinuz";
        linux.Spec.Kernel.InitrdPath = $"{InstalledNode.Images}/initrd.gz";
        var started = await Node.Client.CreateAndStartAsync(linux);
        started.Status.Accelerator.ShouldBe(Accelerator.Kvm);
        await Node.Client.UntilPrintedAsync("linux", Guest.LinuxGreeting);

        (await Node.Client.ShutdownAsync("linux")).Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown);
    }

    [Fact]
    public async Task Guests_go_down_before_the_host_and_the_next_boot_tells_how()
    {
        (await Node.RunAsync("printf '[shutdown]\\nguest_timeout = 5s\\n' >/etc/nodeagent/conf.d/shutdown.conf; systemctl reload nodeagentd")).Succeeded();
        await Node.StartTickAsync("returns", spec => spec.Autostart = new AutostartSpec { Enabled = true });
        await Node.StartTickAsync("stays");

        await Node.Host.PowerOffAsync();
        await Node.Host.BootAsync();

        (await Node.Client.UntilAsync("returns", VmState.Running)).Status.Reason.ShouldNotBeEmpty();
        var events = await Node.Client.ListEventsAsync();
        var began = events.Last(one => one.Kind == "node.shutdown-began").Sequence;
        var ended = events.Last(one => one.Kind == "node.shutdown-ended");
        ended.Message.ShouldBe("All 2 guests are down.");
        var stopped = events.Where(one => one.Kind == "vm.stopped" && one.Sequence > began).ToArray();
        stopped.Select(one => one.VmName).ShouldBe(["returns", "stays"], ignoreOrder: true);
        stopped.ShouldAllBe(one => one.Sequence < ended.Sequence && one.Details.Fields["reason"].StringValue == "HostShutdown");
        (await Node.Client.GetAsync("stays")).Status.Exit.Reason.ShouldBe(ExitReason.HostShutdown);
    }

    private async Task ShouldBeAsync(Vm guest, Dictionary<string, string> files)
    {
        var group = (await Node.RunAsync($"cut -d : -f 3 /proc/{guest.Status.Pid}/cgroup")).Succeeded().Trim();
        group.ShouldStartWith("/machine.slice/nodeagent-vm-");
        foreach (var (file, value) in files)
        {
            (await Node.RunAsync($"cat /sys/fs/cgroup{group}/{file}")).Succeeded().Trim().ShouldBe(value, file);
        }
    }
}
