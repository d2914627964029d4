using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Node;

/// <summary>What the node says of itself, on this machine and on one that lacks something.</summary>
public sealed class NodeTests
{
    [Fact]
    public async Task Node_describes_this_host()
    {
        await using var agent = await Agent.StartAsync();

        var node = await agent.Client.Nodes.RefreshNodeAsync(new RefreshNodeRequest { View = NodeView.Full });

        node.BootId.ShouldBe((await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim());
        node.Kernel.ShouldBe((await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim());
        node.Cpu.Logical.ShouldBe(Environment.ProcessorCount);
        node.Memory.TotalBytes.ShouldBeGreaterThan(node.Memory.AvailableBytes);
        node.Agent.Pid.ShouldBe(agent.Process.Pid);
        node.Qemu.Machines.ShouldContain(machine => machine.Name == "q35" || machine.Alias == "q35");
        node.Qemu.Devices.ShouldContain("virtio-blk-pci");
        node.Qemu.Accelerators.ShouldContain("tcg");
        node.ObserveTime.ShouldNotBeNull();
    }

    [Fact]
    public async Task Kvm_is_judged_by_guests_that_really_ran()
    {
        Guest.NeedsKvm();
        await using var agent = await Agent.StartAsync();

        var kvm = (await agent.Client.Nodes.RefreshNodeAsync(new RefreshNodeRequest { View = NodeView.Full })).Kvm;

        kvm.ApiVersion.ShouldBe(12);
        kvm.Extensions.ShouldContainKey("KVM_CAP_USER_MEMORY");
        kvm.SelfTest.Verdict.ShouldBeOneOf(KvmVerdict.Fit, KvmVerdict.EmulatedOnly);
        kvm.SelfTest.Runs.Select(run => run.Bits).ShouldBe([16, 32, 64]);
        kvm.SelfTest.Runs.ShouldAllBe(run => run.Slowdown > 0 && run.ExitLatency.ToTimeSpan() > TimeSpan.Zero);
    }

    [Fact]
    public async Task Without_kvm_the_condition_says_so_and_guests_run_under_tcg()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration { KvmDevice = "/dev/no-such-kvm" });

        var node = await agent.Client.Nodes.RefreshNodeAsync(new RefreshNodeRequest());
        var condition = node.Conditions.Single(one => one.Type == "KvmReady");
        condition.Status.ShouldBe(ConditionStatus.False);
        condition.Remedy.ShouldNotBeEmpty();
        node.Kvm.Available.ShouldBeFalse();

        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("auto", Accelerator.Auto), paused: true);
        vm.Status.Accelerator.ShouldBe(Accelerator.Tcg);
        vm.Status.AcceleratorReason.ShouldNotBeEmpty();

        // What a VM asks for may be had another day: it is created, and its start says what is missing.
        await agent.Client.CreateAsync(Guest.Empty("kvm", Accelerator.Kvm));
        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("kvm", paused: true));
        failure.Error.Code.ShouldBe((int)StatusCode.FailedPrecondition);
        failure.Error.Message.ShouldContain("spec.accelerator: KVM is not usable");
        (await agent.Client.GetAsync("kvm")).Status.Exit.FailedStep.ShouldBe("plan");
    }

    [Fact]
    public async Task Message_that_is_too_large_is_refused_and_the_agent_goes_on()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Empty("large");
        spec.Labels["note"] = new string('x', 4 << 20);

        (await Should.ThrowAsync<RpcException>(() => agent.Client.CreateAsync(spec))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);

        (await agent.Client.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Faulty_configuration_keeps_the_old_one_and_says_so()
    {
        await using var agent = await Agent.StartAsync();
        var good = await File.ReadAllTextAsync(agent.ConfigurationFile);
        await File.WriteAllTextAsync(agent.ConfigurationFile, good + "\n[limits]\nmax_vms = many\n");

        agent.Reload();

        await agent.Client.UntilEventAsync("", "agent.reload-failed");
        var node = await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest());
        node.Conditions.Single(one => one.Type == "ConfigurationInForce").Status.ShouldBe(ConditionStatus.False);
        await agent.Client.CreateAsync(Guest.Empty("still-allowed"));

        await File.WriteAllTextAsync(agent.ConfigurationFile, good + "\n[limits]\nmax_vms = 1\n");
        agent.Reload();
        await agent.Client.UntilEventAsync("", "agent.reloaded");
        (await Should.ThrowAsync<RpcException>(() => agent.Client.CreateAsync(Guest.Empty("one-too-many")))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
    }
}
