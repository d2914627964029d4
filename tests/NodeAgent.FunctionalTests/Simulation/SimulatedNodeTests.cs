using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Simulation;

/// <summary>nodeagentd --simulate: all that is above the launcher is as ever, and nobody can take it for a real node.</summary>
public sealed class SimulatedNodeTests
{
    private static AgentConfiguration Simulated => new() { More = new Dictionary<string, string> { ["qemu"] = "launcher = simulated" } };

    [Fact]
    public async Task Node_says_everywhere_that_it_is_simulated()
    {
        await using var agent = await Agent.StartAsync(Simulated);
        var node = await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest());

        node.Agent.Launcher.ShouldBe("simulated");
        node.Hostname.ShouldStartWith("sim-");
        node.Hostname.ShouldBe($"sim-{node.Id[..8]}");
        node.Qemu.Package.ShouldBe("simulated");
        var condition = node.Conditions.Where(one => one.Type == "VmsReal").ShouldHaveSingleItem();
        condition.Status.ShouldBe(ConditionStatus.False);
        condition.Reason.ShouldBe("NodeSimulated");
        agent.ReadLog().ShouldContain("This node is simulated");
    }

    [Fact]
    public async Task Guest_lives_a_whole_life()
    {
        await using var agent = await Agent.StartAsync(Simulated);
        var vm = Guest.Empty("web");
        vm.Spec.Cpu.Vcpus = 2;
        vm.Spec.Accelerator = Accelerator.Unspecified;

        var started = await agent.Client.CreateAndStartAsync(vm);
        started.Status.State.ShouldBe(VmState.Running);
        started.Status.Pid.ShouldBe(0, "no process is behind it");

        await agent.Client.WaitAsync(await agent.Client.Vms.PauseVmAsync(new PauseVmRequest { Vm = "web" }));
        (await agent.Client.GetAsync("web")).Status.State.ShouldBe(VmState.Paused);
        await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "web" }));
        await agent.Client.WaitAsync(await agent.Client.Vms.RebootVmAsync(new RebootVmRequest { Vm = "web" }));
        await agent.Client.WaitAsync(await agent.Client.Vms.ResetVmAsync(new ResetVmRequest { Vm = "web" }));
        (await agent.Client.GetAsync("web")).Status.State.ShouldBe(VmState.Running);

        // A memory that is not there cannot be saved; the guest goes on as if nothing had been.
        var refusal = await Should.ThrowAsync<OperationFailedException>(async () => await agent.Client.WaitAsync(await agent.Client.Vms.SuspendVmAsync(new SuspendVmRequest { Vm = "web" })));
        refusal.Message.ShouldContain("the guest is simulated");
        await agent.Client.UntilAsync("web", now => now.Status.State is VmState.Running, "running");

        var down = await agent.Client.ShutdownAsync("web");
        down.Status.State.ShouldBe(VmState.Stopped);
        down.Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown);

        await agent.Client.StartAsync("web");
        (await agent.Client.ForceStopAsync("web")).Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
        await agent.Client.DeleteAsync("web");
    }

    [Fact]
    public async Task Agent_that_comes_back_finds_that_its_simulated_host_has_booted()
    {
        await using var agent = await Agent.StartAsync(Simulated);
        var boot = (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).BootId;
        var again = Guest.Empty("again");
        again.Spec.Autostart = new AutostartSpec { Enabled = true };
        await agent.Client.CreateAndStartAsync(again);
        await agent.Client.CreateAndStartAsync(Guest.Empty("gone"));

        await agent.KillAsync();
        await agent.StartAgainAsync();

        (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).BootId.ShouldNotBe(boot);
        var gone = await agent.Client.GetAsync("gone");
        gone.Status.State.ShouldBe(VmState.Stopped);
        gone.Status.Exit.Reason.ShouldBe(ExitReason.HostReboot);
        await agent.Client.UntilAsync("again", vm => vm.Status.State is VmState.Running, "running");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Real_and_simulated_node_use_no_directory_of_each_other(bool simulatedFirst)
    {
        await using var agent = Agent.Create(simulatedFirst ? Simulated : null);
        await agent.StartAgainAsync();
        await agent.StopAsync();

        string[] more = simulatedFirst ? [] : ["--simulate"];
        await File.WriteAllTextAsync(agent.ConfigurationFile, new AgentConfiguration().ToIni(agent.Images));
        using var other = AgentProcess.Start(Artifacts.Nodeagentd, [.. agent.Arguments, .. more], agent.LogFile);

        (await other.Exited.WaitAsync(AgentClient.Patience)).ShouldBe(new ProcessExit(1, null, false));
        agent.ReadLog().ShouldContain(simulatedFirst ? "is a simulated node's, and this one is to be real" : "is a real node's, and this one is to be simulated");
    }
}
