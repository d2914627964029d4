using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The agent is killed at any moment of its starts; what is true afterwards is one of two things.</summary>
public sealed class KillDuringStartsTests
{
    private const int AtOnce = 5;

    [Theory]
    [InlineData(20261123)]
    [InlineData(7)]
    [Trait(Effort.Trait, Effort.Scaled)]
    public async Task After_the_last_restart_every_vm_has_one_process_or_none(int seed)
    {
        var random = new Random(seed);
        await using var agent = await Agent.StartAsync();
        var starts = Effort.Pick(20, 200);
        var (alive, kills) = (0, 0);
        for (var done = 0; done < starts; done += AtOnce * 4)
        {
            var ids = new List<string>();
            for (var number = 0; number < AtOnce * 4; number++)
            {
                ids.Add((await agent.Client.CreateAsync(Qemus.Cheap($"vm-{number}"))).Id);
            }

            foreach (var some in ids.Chunk(AtOnce))
            {
                // Spread, so that the kill meets each of them at another step of its start.
                var asked = some.Select(id => TryStartAsync(agent, id, random.Next(0, 60))).ToArray();
                await Task.Delay(random.Next(0, 160));
                await agent.KillAsync();
                kills++;
                await Task.WhenAll(asked);
                await agent.StartAgainAsync();
            }

            await ShouldBeSettledAsync(agent, ids);
            alive += ids.Count(id => Qemus.Of(id).Count > 0);
            await ShouldBeUsableAsync(agent, ids);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}: {starts} starts, {kills} kills, {alive} guests alive after them");
    }

    private static async Task TryStartAsync(Agent agent, string id, int milliseconds)
    {
        var client = agent.Client;
        await Task.Delay(milliseconds);
        try
        {
            await client.Vms.StartVmAsync(new StartVmRequest { Vm = id, Paused = true, RequestId = AgentClient.NewId() });
        }
        catch (RpcException)
        {
            // Nobody was there to answer, or no more. What has become of the start is what this is about.
        }
    }

    private static async Task ShouldBeSettledAsync(Agent agent, IReadOnlyList<string> ids)
    {
        foreach (var running in (await agent.Client.Operations.ListOperationsAsync(new ListOperationsRequest { Filter = "done=false", PageSize = 1000 })).Operations)
        {
            await agent.Client.WaitForEndAsync(running);
        }

        var vms = await agent.Client.ListAsync();
        vms.Select(vm => vm.Id).ShouldBe(ids, ignoreOrder: true);
        foreach (var vm in vms)
        {
            vm.Status.Operation.ShouldBeEmpty();
            Qemus.ShouldAgree(vm);
        }
    }

    private static async Task ShouldBeUsableAsync(Agent agent, IReadOnlyList<string> ids)
    {
        foreach (var id in ids)
        {
            if ((await agent.Client.GetAsync(id)).Status.State is VmState.Stopped)
            {
                Qemus.ShouldAgree(await agent.Client.StartAsync(id, paused: true));
            }

            Qemus.ShouldAgree(await agent.Client.ForceStopAsync(id));
            await agent.Client.DeleteAsync(id);
        }
    }
}
