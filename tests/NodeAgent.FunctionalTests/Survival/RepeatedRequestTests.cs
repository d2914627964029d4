using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>A caller that is not sure asks again, and again.</summary>
public sealed class RepeatedRequestTests
{
    private const int Times = 100;

    [Fact]
    public async Task One_start_that_is_asked_for_a_hundred_times_at_once_is_one_start()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAsync(Qemus.Cheap("eager"));
        var request = new StartVmRequest { Vm = vm.Id, Paused = true, RequestId = AgentClient.NewId() };

        var operations = await Task.WhenAll(Enumerable.Range(0, Times).Select(_ => StubbornlyStartAsync(agent, request)));

        operations.Select(operation => operation.Name).Distinct().ShouldHaveSingleItem();
        await agent.Client.WaitAsync(operations[0]);
        var started = await agent.Client.GetAsync(vm.Id);
        started.Status.State.ShouldBe(VmState.Paused);
        Qemus.ShouldAgree(started);
        (await agent.Client.ListEventsAsync(vm.Id, "vm.started")).Count.ShouldBe(1);

        await ShouldBeRefusedAsync(async () => await agent.Client.Vms.StartVmAsync(new StartVmRequest(request) { Paused = false }));
        await ShouldBeRefusedAsync(async () => await agent.Client.Vms.StopVmAsync(new StopVmRequest { Vm = vm.Id, Force = true, RequestId = request.RequestId }));
        (await agent.Client.GetAsync(vm.Id)).Status.Pid.ShouldBe(started.Status.Pid);

        // The first answer holds after a crash, too.
        await agent.KillAsync();
        await agent.StartAgainAsync();
        (await agent.Client.Vms.StartVmAsync(request)).Name.ShouldBe(operations[0].Name);
        Qemus.ShouldAgree(await agent.Client.GetAsync(vm.Id));
    }

    [Fact]
    public async Task One_creation_that_is_asked_for_a_hundred_times_at_once_is_one_vm()
    {
        await using var agent = await Agent.StartAsync();
        var wanted = Qemus.Cheap("wanted");
        wanted.Id = "";
        var request = new CreateVmRequest { Vm = wanted, RequestId = AgentClient.NewId() };

        var created = await Task.WhenAll(Enumerable.Range(0, Times).Select(async _ => await agent.Client.Vms.CreateVmAsync(request)));

        created.Select(vm => vm.Id).Distinct().ShouldHaveSingleItem();
        (await agent.Client.ListAsync()).ShouldHaveSingleItem().Id.ShouldBe(created[0].Id);
        (await agent.Client.ListEventsAsync("", "vm.created")).Count.ShouldBe(1);

        var different = request.Clone();
        different.Vm.Spec.MemoryBytes *= 2;
        await ShouldBeRefusedAsync(async () => await agent.Client.Vms.CreateVmAsync(different));
        (await agent.Client.GetAsync("wanted")).Spec.MemoryBytes.ShouldBe(wanted.Spec.MemoryBytes);
    }

    /// <summary>A VM takes so many requests at a time; whoever is sent away for that asks again, as the error says.</summary>
    private static async Task<Operation> StubbornlyStartAsync(Agent agent, StartVmRequest request)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await agent.Client.Vms.StartVmAsync(request);
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable && tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task ShouldBeRefusedAsync(Func<Task> call) =>
        (await call.ShouldThrowAsync<RpcException>()).StatusCode.ShouldBe(StatusCode.InvalidArgument);
}
