using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The same again and again leaves nothing behind.</summary>
public sealed class CycleTests
{
    private const long MiB = 1 << 20;

    [Fact]
    [Trait(Effort.Trait, Effort.Scaled)]
    public async Task Lives_of_vms_leave_nothing_behind_in_the_agent()
    {
        await using var agent = await Agent.StartAsync();
        for (var warmUp = 0; warmUp < 5; warmUp++)
        {
            await LiveAsync(agent, warmUp);
        }

        var before = AgentFigures.Read(agent);
        var cycles = Effort.Pick(15, 1000);
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            await LiveAsync(agent, cycle);
        }

        // What a cycle leaves behind adds up; what merely comes and goes, such as a worker of the thread pool, does not.
        const int comesAndGoes = 12;
        var settled = await AgentFigures.UntilAsync(() => AgentFigures.Read(agent) is var now
            && now.Descriptors <= before.Descriptors + (comesAndGoes / 3) && now.RunFiles <= before.RunFiles && now.StateFiles <= before.StateFiles);
        var after = AgentFigures.Read(agent);
        TestContext.Current.TestOutputHelper?.WriteLine($"{cycles} cycles: {before} became {after}");
        settled.ShouldBeTrue($"{before} became {after}");
        after.Threads.ShouldBeLessThanOrEqualTo(before.Threads + comesAndGoes);
        after.ResidentBytes.ShouldBeLessThan(before.ResidentBytes + Effort.Pick(32, 64) * MiB);
        (await agent.Client.ListAsync()).ShouldBeEmpty();
    }

    private static async Task LiveAsync(Agent agent, int number)
    {
        var vm = await agent.Client.CreateAsync(Qemus.Cheap($"cycle-{number}"));
        Qemus.ShouldAgree(await agent.Client.StartAsync(vm.Id, paused: true));
        Qemus.ShouldAgree(await agent.Client.ForceStopAsync(vm.Id));
        await agent.Client.DeleteAsync(vm.Id);
    }
}
