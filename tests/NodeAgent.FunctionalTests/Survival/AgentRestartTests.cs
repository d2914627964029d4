using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The agent goes and comes back; its guests do not notice.</summary>
public sealed class AgentRestartTests
{
    [Fact]
    public async Task Killed_agent_finds_its_guests_again_time_after_time()
    {
        await using var agent = await Agent.StartAsync();
        var running = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick", machine: "pc"));
        var paused = await agent.Client.CreateAndStartAsync(Qemus.Cheap("paused"), paused: true);
        var stopped = await agent.Client.CreateAsync(Qemus.Cheap("stopped"));
        var epoch = (await ReadAgentAsync(agent)).Epoch;

        for (var round = 1; round <= 4; round++)
        {
            await agent.KillAsync();
            await agent.StartAgainAsync();

            await ShouldBeSameAsync(agent, running, VmState.Running);
            await ShouldBeSameAsync(agent, paused, VmState.Paused);
            (await agent.Client.GetAsync(stopped.Id)).Status.State.ShouldBe(VmState.Stopped);
            var info = await ReadAgentAsync(agent);
            info.Epoch.ShouldBe(epoch + round);
            info.Recovery.Done.ShouldBeTrue();
            info.Recovery.Adopted.ShouldBe(2);
            info.Recovery.Quarantined.ShouldBe(0);
            await ShouldStillObeyAsync(agent, running);
        }

        (await agent.Client.ListEventsAsync(running.Id, "vm.adopted")).Count.ShouldBe(4);
        (await agent.Client.ListEventsAsync(running.Id, "vm.stopped")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Agent_that_is_stopped_in_order_leaves_its_guests_running()
    {
        await using var agent = await Agent.StartAsync();
        var running = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick", machine: "pc"));
        var paused = await agent.Client.CreateAndStartAsync(Qemus.Cheap("paused"), paused: true);

        await agent.StopAsync();

        Qemus.Of(running.Id).ShouldBe([running.Status.Pid]);
        Qemus.Of(paused.Id).ShouldBe([paused.Status.Pid]);
        await agent.StartAgainAsync();
        await ShouldBeSameAsync(agent, running, VmState.Running);
        await ShouldBeSameAsync(agent, paused, VmState.Paused);
        await ShouldStillObeyAsync(agent, running);
    }

    [Fact]
    public async Task Guest_that_ended_while_the_agent_was_away_is_stopped_and_can_be_started_again()
    {
        await using var agent = await Agent.StartAsync();
        var before = await agent.Client.CreateAndStartAsync(Qemus.Cheap("gone"), paused: true);
        await agent.KillAsync();
        (await Qemus.KillAllAsync([before.Id])).ShouldBeTrue();

        await agent.StartAgainAsync();

        var gone = await agent.Client.GetAsync(before.Id);
        gone.Status.State.ShouldBe(VmState.Stopped);
        gone.Status.Exit.Reason.ShouldBe(ExitReason.Unknown);
        (await agent.Client.ListEventsAsync(before.Id, "vm.stopped")).ShouldHaveSingleItem().Recovered.ShouldBeTrue();
        var again = await agent.Client.StartAsync(before.Id, paused: true);
        again.Status.RunId.ShouldNotBe(before.Status.RunId);
        Qemus.ShouldAgree(again);
    }

    private static async Task<AgentInfo> ReadAgentAsync(Agent agent) => (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Agent;

    private static async Task ShouldBeSameAsync(Agent agent, Vm before, VmState state)
    {
        var now = await agent.Client.GetAsync(before.Id);
        now.Status.State.ShouldBe(state);
        now.Status.Pid.ShouldBe(before.Status.Pid);
        now.Status.RunId.ShouldBe(before.Status.RunId);
        now.Status.StartTime.ShouldBe(before.Status.StartTime);
        now.Status.Boot.ShouldBe(before.Status.Boot);
        now.Status.Conditions.ShouldBeEmpty();
        Qemus.ShouldAgree(now);
    }

    private static async Task ShouldStillObeyAsync(Agent agent, Vm vm)
    {
        await agent.Client.WaitAsync(await agent.Client.Vms.PauseVmAsync(new PauseVmRequest { Vm = vm.Id }));
        (await agent.Client.GetAsync(vm.Id)).Status.State.ShouldBe(VmState.Paused);
        await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = vm.Id }));
        (await agent.Client.GetAsync(vm.Id)).Status.State.ShouldBe(VmState.Running);
    }
}
