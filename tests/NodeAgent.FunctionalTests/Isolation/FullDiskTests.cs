using System.Diagnostics;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Isolation;

/// <summary>The disk of the state directory is full: nothing is acknowledged that is not durable, guests run on, and it heals.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Full_disk_refuses_mutations_keeps_guests_and_heals_by_itself()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may mount a small file system");
        using var small = SmallFileSystem.Mount("4m");
        await using var agent = await Agent.StartAsync(new AgentConfiguration { StateDirectory = Path.Combine(small.Path, "state") });
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "tick");

        small.Fill();
        var refusal = await RefusedAsync(agent);

        refusal.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        refusal.Reason().ShouldContain("DISK_FULL");
        await console.UntilAsync("tick ");
        (await agent.Client.GetAsync("tick")).Status.Pid.ShouldBe(vm.Status.Pid);

        // A record that is small enough may still fit in, and then it takes until the next one that is not.
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (await IsWritableAsync(agent))
        {
            limit.IsCancellationRequested.ShouldBeFalse("the node says that its ledger takes everything");
            await RefusedAsync(agent);
        }

        small.Free();
        await CreatedAsync(agent);
        (await IsWritableAsync(agent)).ShouldBeTrue();
        (await agent.Client.GetAsync("tick")).Status.Pid.ShouldBe(vm.Status.Pid);
    }

    [Fact]
    public async Task Force_stop_works_on_a_full_disk()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may mount a small file system");
        using var small = SmallFileSystem.Mount("4m");
        await using var agent = await Agent.StartAsync(new AgentConfiguration { StateDirectory = Path.Combine(small.Path, "state") });
        await agent.Client.CreateAndStartAsync(Guest.Empty("web"), paused: true);
        small.Fill();
        await RefusedAsync(agent);

        // It is the one verb that is carried out and answered without a record; the record follows.
        var stop = await agent.Client.Vms.StopVmAsync(new StopVmRequest { Vm = "web", Force = true });

        await agent.Client.UntilAsync("web", VmState.Stopped);
        LeakGuard.ProcessesOf(agent.RunDirectory + "/vms").ShouldBeEmpty();
        await agent.Client.WaitAsync(stop);
        small.Free();
        await CreatedAsync(agent);
        await agent.Client.UntilEventAsync("web", "vm.stopped");
    }

    private static async Task<bool> IsWritableAsync(Agent agent) =>
        (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Conditions.Single(one => one.Type == "LedgerWritable").Status is ConditionStatus.True;

    // What the ledger holds open may take a few more rows after the disk is full.
    private static async Task<RpcException> RefusedAsync(Agent agent)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; Stopwatch.GetElapsedTime(began) < AgentClient.Patience; i++)
        {
            try
            {
                await agent.Client.CreateAsync(Guest.Empty($"filler-{i}"));
            }
            catch (RpcException refusal)
            {
                return refusal;
            }
        }

        throw new TimeoutException("A full disk refuses nothing.");
    }

    private static async Task CreatedAsync(Agent agent)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await agent.Client.CreateAsync(Guest.Empty("after"));
                return;
            }
            catch (RpcException refusal) when (refusal.StatusCode is StatusCode.ResourceExhausted && Stopwatch.GetElapsedTime(began) < AgentClient.Patience)
            {
                await Task.Delay(100);
            }
        }
    }
}
