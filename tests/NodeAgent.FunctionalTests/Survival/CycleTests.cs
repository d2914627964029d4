using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The same again and again leaves nothing behind.</summary>
public sealed class CycleTests
{
    private const int KiB = 1 << 10;

    // What a cycle leaves behind adds up; what merely comes and goes, such as a worker of the thread pool, does not.
    private const int ComesAndGoes = 12;

    /// <summary>
    /// The short form sees a leak of a few hundred KiB a cycle, as of a console's or a monitor's buffers; the whole form
    /// one of a few dozen KiB, as of a VM's own objects.
    /// </summary>
    [Fact]
    [Trait(Effort.Trait, Effort.Scaled)]
    public async Task Lives_of_vms_leave_nothing_behind_in_the_agent()
    {
        await using var agent = await Agent.StartAsync();
        var cycles = Effort.Pick(20, 1000);

        // Caches fill and pools grow before they are as large as they will be; that takes its time, and is no leak.
        var warmUp = Effort.Pick(8, 200);
        for (var cycle = 0; cycle < warmUp; cycle++)
        {
            await LiveAsync(agent, cycle);
        }

        var before = AgentFigures.Read(agent);
        for (var cycle = warmUp; cycle < warmUp + cycles; cycle++)
        {
            await LiveAsync(agent, cycle);
        }

        var settled = await AgentFigures.UntilAsync(() => AgentFigures.Read(agent) is var now
            && now.Descriptors <= before.Descriptors + (ComesAndGoes / 3) && now.RunFiles <= before.RunFiles && now.StateFiles <= before.StateFiles);
        var after = AgentFigures.Read(agent);
        var grown = after.ResidentBytes - before.ResidentBytes;
        TestContext.Current.TestOutputHelper?.WriteLine($"{cycles} cycles: {before} became {after}, {grown / cycles / (double)KiB:0.0} KiB a cycle");
        settled.ShouldBeTrue($"{before} became {after}");
        after.Threads.ShouldBeLessThanOrEqualTo(before.Threads + ComesAndGoes);
        grown.ShouldBeLessThan(Effort.Pick(6 << 10, cycles * 32) * (long)KiB, $"{before} became {after}");
        (await agent.Client.ListAsync()).ShouldBeEmpty();
        LeakGuard.ProcessesOf(agent.RunDirectory).Select(process => process.Pid).ShouldBe([agent.Process.Pid]);
    }

    // Every fifth has a guest that runs from a disk and is listened to; the others are as cheap as can be.
    private static Task LiveAsync(Agent agent, int number) =>
        number % 5 == 0 ? LiveFullyAsync(agent, $"cycle-{number}") : LiveCheaplyAsync(agent, $"cycle-{number}");

    private static async Task LiveCheaplyAsync(Agent agent, string name)
    {
        var vm = await agent.Client.CreateAsync(Qemus.Cheap(name));
        Qemus.ShouldAgree(await agent.Client.StartAsync(vm.Id, paused: true));
        Qemus.ShouldAgree(await agent.Client.ForceStopAsync(vm.Id));
        await agent.Client.DeleteAsync(vm.Id);
    }

    private static async Task LiveFullyAsync(Agent agent, string name)
    {
        var vm = await agent.Client.CreateAsync(Guest.Bios(agent, "tick", name));
        Qemus.ShouldAgree(await agent.Client.StartAsync(vm.Id));
        await using (var console = await ConsoleClient.AttachAsync(agent.Client, vm.Id, history: true))
        {
            await console.UntilAsync("tick ");
            Qemus.ShouldAgree(await agent.Client.ForceStopAsync(vm.Id));
        }

        await agent.Client.DeleteAsync(vm.Id);
        File.Delete(vm.Spec.Disks[0].Path);
    }
}
