using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.FunctionalTests.Survival;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Life;

/// <summary>Operations that somebody calls off: they end as cancelled, and the VM is as if they had not been, or as it truly is.</summary>
public sealed class CancelTests
{
    [Fact]
    public async Task Start_that_is_cancelled_is_undone()
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration with { StartTimeout = "10m" });
        await agent.Client.CreateAsync(Guest.Empty("victim"));
        qemu.Play(new { on = "greeting", @do = "silence", vm = "victim" });
        var start = await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "victim" });
        await qemu.UntilMetAsync("greeting");

        await CancelAsync(agent, start);

        await ShouldBeCancelledAsync(agent, start);
        var status = (await agent.Client.GetAsync("victim")).Status;
        (status.State, status.Pid, status.Exit.Reason, status.Operation).ShouldBe((VmState.Stopped, 0, ExitReason.KilledByRequest, ""));
        LeakGuard.ProcessesOf(Path.Combine(agent.RunDirectory, "vms")).ShouldBeEmpty();
        Directory.GetFileSystemEntries(Path.Combine(agent.RunDirectory, "vms")).ShouldBeEmpty();

        qemu.Play();
        (await agent.Client.StartAsync("victim")).Status.State.ShouldBe(VmState.Running);

        // What has ended stays as it ended.
        await CancelAsync(agent, start);
        await ShouldBeCancelledAsync(agent, start);
        (await agent.Client.GetAsync("victim")).Status.State.ShouldBe(VmState.Running);
    }

    [Fact]
    public async Task Shutdown_that_is_cancelled_leaves_the_guest_running()
    {
        await using var agent = await Agent.StartAsync();
        var run = (await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"))).Status.RunId;
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);
        await console.TypeAsync("d");
        await console.UntilAsync("deaf to the power button");
        var shutdown = await agent.Client.Vms.ShutdownVmAsync(new ShutdownVmRequest
        {
            Vm = "obey",
            Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromHours(1)),
            Fallback = ShutdownFallback.ForceStop,
        });
        await agent.Client.UntilAsync("obey", VmState.Stopping);

        await CancelAsync(agent, shutdown);

        await ShouldBeCancelledAsync(agent, shutdown);
        var vm = await agent.Client.UntilAsync("obey", VmState.Running);
        (vm.Status.RunId, vm.Status.Operation).ShouldBe((run, ""));
        Qemus.ShouldAgree(vm);
        await console.TypeAsync("x");
        await console.UntilAsync("heard x");
    }

    [Fact]
    public async Task Command_that_qemu_has_taken_is_followed_even_if_nobody_wants_it_any_more()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration { CommandTimeout = "10m" });
        var vm = await agent.Client.CreateAndStartAsync(Qemus.Cheap("frozen"), paused: true);
        Qemus.Suspend(vm.Status.Pid);
        var resume = await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = vm.Id });

        await CancelAsync(agent, resume);

        await ShouldBeCancelledAsync(agent, resume);
        (await agent.Client.GetAsync(vm.Id)).Status.State.ShouldBe(VmState.Paused);
        Qemus.Continue(vm.Status.Pid);
        await agent.Client.UntilAsync(vm.Id, VmState.Running);
    }

    [Fact]
    public async Task Operation_that_there_is_not_cannot_be_cancelled()
    {
        await using var agent = await Agent.StartAsync();

        var refusal = await Should.ThrowAsync<RpcException>(() => CancelAsync(agent, new Operation { Name = $"operations/{Guid.NewGuid()}" }));

        refusal.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    private static async Task CancelAsync(Agent agent, Operation operation) =>
        await agent.Client.Operations.CancelOperationAsync(new CancelOperationRequest { Name = operation.Name });

    private static async Task ShouldBeCancelledAsync(Agent agent, Operation operation)
    {
        var ended = await agent.Client.WaitForEndAsync(operation);
        ended.Error.ShouldNotBeNull().Code.ShouldBe((int)StatusCode.Cancelled, ended.ToString());
        var metadata = ended.Metadata.Unpack<OperationMetadata>();
        (metadata.State, metadata.CancelRequested).ShouldBe((OperationState.Cancelled, true));
    }
}
