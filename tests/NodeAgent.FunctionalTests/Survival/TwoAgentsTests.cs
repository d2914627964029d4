using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>Two agents on one machine.</summary>
public sealed class TwoAgentsTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Second_agent_on_the_same_state_directory_ends_at_once_and_names_the_holder(bool sameRunDirectory)
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Qemus.Cheap("mine"), paused: true);
        var run = sameRunDirectory ? agent.RunDirectory : Path.Combine(agent.Root, "run-of-the-second");
        var log = Path.Combine(agent.Root, "second.log");

        using var second = AgentProcess.Start(
            Artifacts.Nodeagentd,
            ["--config", agent.ConfigurationFile, "--state-dir", agent.StateDirectory, "--run-dir", run, "--metrics-listen", "none"],
            log);
        var exit = await second.Exited.WaitAsync(TimeSpan.FromSeconds(30));

        exit.ShouldBe(new ProcessExit(1, null, false));
        var said = await File.ReadAllTextAsync(log);
        said.ShouldContain($"process {agent.Process.Pid}");
        said.ShouldContain("Stop it, or choose another");
        var after = await agent.Client.GetAsync(vm.Id);

        // Samples are taken all the while, by the agent whose guest it is.
        (after.Status.Stats, vm.Status.Stats) = (null, null);
        after.Status.ShouldBe(vm.Status);
        Qemus.ShouldAgree(after);
    }

    [Fact]
    public async Task Agents_with_their_own_directories_do_not_see_each_others_guests()
    {
        await using var one = await Agent.StartAsync();
        await using var other = await Agent.StartAsync();
        var ofOne = await one.Client.CreateAndStartAsync(Qemus.Cheap("same-name"), paused: true);
        var ofOther = await other.Client.CreateAndStartAsync(Qemus.Cheap("same-name"), paused: true);

        await one.KillAsync();
        await other.KillAsync();
        await one.StartAgainAsync();
        await other.StartAgainAsync();

        await ShouldSeeOnlyAsync(one, ofOne);
        await ShouldSeeOnlyAsync(other, ofOther);
        await one.Client.ForceStopAsync("same-name");
        await ShouldSeeOnlyAsync(other, ofOther);
    }

    private static async Task ShouldSeeOnlyAsync(Agent agent, Vm vm)
    {
        var seen = (await agent.Client.ListAsync()).ShouldHaveSingleItem();
        seen.Id.ShouldBe(vm.Id);
        seen.Status.Pid.ShouldBe(vm.Status.Pid);
        seen.Status.RunId.ShouldBe(vm.Status.RunId);
        Qemus.ShouldAgree(seen);
    }
}
