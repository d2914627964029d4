using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Starts;

/// <summary>
/// The agent is killed with -9 at random moments while it starts guests. Afterwards there is no process without its VM
/// (orphan), no VM without its process (ghost), and no VM with two (duplicate); and no operation hangs.
/// </summary>
[Trait(Effort.Trait, Effort.Scaled)]
public sealed class CrashDuringStartsTests
{
    private const int VmCount = 16;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kill_at_any_moment_of_a_start_loses_and_doubles_nothing(bool real)
    {
        // Another seed may be tried from outside; a failure names the one that it came with.
        var seed = int.TryParse(Environment.GetEnvironmentVariable("NODEAGENT_SEED"), out var given) ? given : 20240607;
        var random = new Random(seed);
        using var fake = new FakeQemu();
        await using var agent = await Agent.StartAsync(real ? null : fake.Configuration);
        var names = Enumerable.Range(0, VmCount).Select(i => $"vm-{i}").ToArray();
        foreach (var name in names)
        {
            await agent.Client.CreateAsync(Guest.Empty(name));
        }

        var starts = 0;
        for (var wanted = Effort.Pick(real ? 24 : 60, 200); starts < wanted;)
        {
            var batch = random.GetItems(names, random.Next(1, 9)).Distinct().ToArray();
            starts += batch.Length;
            var asked = batch.Select(name => AskAsync(agent, name)).ToArray();
            await Task.Delay(random.Next(0, 150));
            await agent.KillAsync();
            await Task.WhenAll(asked);

            await agent.StartAgainAsync();
            await CheckAsync(agent, names, $"seed {seed}, after {starts} starts");

            foreach (var name in random.GetItems(names, 6).Distinct())
            {
                await agent.Client.ForceStopAsync(name);
            }
        }
    }

    private static async Task AskAsync(Agent agent, string vm)
    {
        try
        {
            await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = vm, Paused = true, RequestId = AgentClient.NewId() });
        }
        catch (RpcException gone) when (gone.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.FailedPrecondition or StatusCode.Cancelled)
        {
            // The agent died before it answered, or the VM runs already.
        }
    }

    private static async Task CheckAsync(Agent agent, string[] names, string when)
    {
        var pids = new Dictionary<int, string>();
        foreach (var name in names)
        {
            var vm = await agent.Client.UntilAsync(
                name, now => now.Status.State is VmState.Stopped or VmState.Paused or VmState.Running && now.Status.Operation.Length == 0, $"settled ({when})");
            (vm.Status.Pid == 0).ShouldBe(vm.Status.State is VmState.Stopped, $"{name} {when}: {vm.Status}");
            if (vm.Status.Pid != 0)
            {
                pids.Add(vm.Status.Pid, vm.Id);
            }
        }

        var processes = LeakGuard.ProcessesOf(Path.Combine(agent.RunDirectory, "vms"));
        processes.Select(one => one.Pid).Order().ShouldBe(pids.Keys.Order(), $"orphans or ghosts, {when}");
        foreach (var process in processes)
        {
            string.Join(' ', process.Arguments).ShouldContain(pids[process.Pid], Case.Insensitive, when);
        }

        var open = await agent.Client.Operations.ListOperationsAsync(new LongRunning.ListOperationsRequest { Filter = "done=false" });
        open.Operations.ShouldBeEmpty(when);
    }
}
