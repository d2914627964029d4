using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The disk of the state directory is full: nothing is promised that could not be kept, and nothing is harmed.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Full_disk_refuses_changes_harms_no_guest_and_is_over_when_there_is_space()
    {
        await using var disk = await SmallDisk.MountAsync(16);
        await using var agent = await Agent.StartAsync(new AgentConfiguration { StateDirectory = Path.Combine(disk.Root, "state") });
        var running = await agent.Client.CreateAndStartAsync(Qemus.Cheap("runs-on"), paused: true);
        var doomed = await agent.Client.CreateAndStartAsync(Qemus.Cheap("to-be-stopped"), paused: true);
        var stopped = await agent.Client.CreateAsync(Qemus.Cheap("stopped"));

        await ShouldFillUpAsync(disk, agent);

        await ShouldBeRefusedAsync(async () => await agent.Client.CreateAsync(Qemus.Cheap("refused")));
        await ShouldBeRefusedAsync(async () => await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = stopped.Id, RequestId = AgentClient.NewId() }));
        (await FindLedgerConditionAsync(agent)).Reason.ShouldBe("LedgerDiskFull");
        Qemus.ShouldAgree(await agent.Client.GetAsync(running.Id));
        Qemus.ShouldAgree(await agent.Client.GetAsync(stopped.Id));
        (await agent.Client.ListAsync()).ShouldContain(vm => vm.Id == running.Id && vm.Status.RunId == running.Status.RunId);
        (await agent.Client.ListEventsAsync(running.Id)).ShouldNotBeEmpty();

        await agent.Client.Vms.StopVmAsync(new StopVmRequest { Vm = doomed.Id, Force = true, RequestId = AgentClient.NewId() });
        Qemus.ShouldAgree(await agent.Client.UntilAsync(doomed.Id, VmState.Stopped));

        disk.Free();
        await ShouldBecomePossibleAsync(agent);
        (await FindLedgerConditionAsync(agent)).Status.ShouldBe(ConditionStatus.True);
        Qemus.ShouldAgree(await agent.Client.StartAsync(stopped.Id, paused: true));
        Qemus.ShouldAgree(await agent.Client.GetAsync(running.Id));

        // What happened meanwhile was held in memory and is on record now.
        (await agent.Client.ListEventsAsync(doomed.Id, "vm.stopped")).Count.ShouldBe(1);
        (await agent.Client.Audit.ListAuditRecordsAsync(new ListAuditRecordsRequest { PageSize = 1000, MethodPrefix = "VmService/StopVm" })).Records
            .ShouldContain(record => record.VmId == doomed.Id && record.Result == "OK", "a forced stop is done first and recorded when the disk takes it");
        await agent.KillAsync();
        await agent.StartAgainAsync();
        (await agent.Client.GetAsync(doomed.Id)).Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
        Qemus.ShouldAgree(await agent.Client.GetAsync(running.Id));
    }

    /// <summary>The ledger's files have room in them: changes use it up, until one is refused.</summary>
    private static async Task ShouldFillUpAsync(SmallDisk disk, Agent agent)
    {
        for (var tries = 0; tries < 5000; tries++)
        {
            disk.Fill();
            try
            {
                await agent.Client.CreateAsync(Qemus.Cheap($"filler-{tries}"));
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.ResourceExhausted)
            {
                return;
            }
        }

        Assert.Fail("A full disk still takes everything.");
    }

    private static async Task ShouldBecomePossibleAsync(Agent agent)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            try
            {
                await agent.Client.CreateAsync(Qemus.Cheap("possible-again"));
                return;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.ResourceExhausted)
            {
                await Task.Delay(50, limit.Token);
            }
        }
    }

    private static async Task<Condition> FindLedgerConditionAsync(Agent agent) =>
        (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Conditions.Single(one => one.Type == "LedgerWritable");

    private static async Task ShouldBeRefusedAsync(Func<Task> call) =>
        (await call.ShouldThrowAsync<RpcException>()).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
}
