using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;
using Guests = NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>A manager runs a VM on its node and hears what becomes of it, whichever way its calls go.</summary>
public sealed class DrivenVmTests : IAsyncLifetime
{
    private FleetLeader _leader = null!;

    public async ValueTask InitializeAsync() => _leader = await FleetLeader.StartAsync();

    public ValueTask DisposeAsync() => _leader.DisposeAsync();

    [Theory]
    [InlineData(Via.Tunnel)]
    [InlineData(Via.Direct)]
    public async Task Vm_lives_by_the_managers_word(Via via)
    {
        // A node that listens nowhere is reached by a tunnel all the same.
        using var addresses = new Remote.Fleet();
        await using var agent = await _leader.StartMemberAsync(new AgentConfiguration
        {
            More = via == Via.Direct ? new Dictionary<string, string> { ["remote"] = $"listen = {addresses.Address}" } : [],
        });
        var id = await agent.NodeIdAsync();
        var wanted = Guests.Guest.Bios(agent, "tick", "web");

        var created = await _leader.Admin.CreateVmAsync(new ReferenceManager.Admin.V1.CreateVmRequest { Node = id, Vm = wanted, Via = via });
        var started = await RunAsync(VmVerb.Start);

        started.Via.ShouldBe(via);
        started.Vm.Id.ShouldBe(created.Vm.Id);
        started.Vm.Status.State.ShouldBe(VmState.Running);
        await agent.Client.UntilPrintedAsync("web", "tick 1");
        await UntilStateAsync(VmState.Running);
        var stopped = await RunAsync(VmVerb.Stop, force: true);
        stopped.Vm.Status.State.ShouldBe(VmState.Stopped);
        await UntilStateAsync(VmState.Stopped);

        // Who asked is on record, and the record is with the manager.
        var own = await agent.Client.ListEventsAsync(created.Vm.Id);
        own.Where(one => one.Kind == "vm.created").ShouldHaveSingleItem().Caller.ShouldBe("manager:reference");
        (await _leader.UntilEventsAsync(id, own[^1].Sequence)).Where(one => one.VmId == created.Vm.Id).ShouldBe(own);

        await RunAsync(VmVerb.Delete);
        (await agent.Client.ListAsync()).ShouldBeEmpty();

        async Task<VmResult> RunAsync(VmVerb verb, bool force = false) =>
            await _leader.Admin.RunVmAsync(new RunVmRequest { Node = id, Vm = "web", Verb = verb, Via = via, Force = force });

        async Task UntilStateAsync(VmState state)
        {
            using var limit = new CancellationTokenSource(AgentClient.Patience);
            while ((await _leader.Admin.ListVmsAsync(new ReferenceManager.Admin.V1.ListVmsRequest { Node = id })).Vms.Single().Vm.Status.State != state)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }

    [Fact]
    public async Task Command_line_says_a_spec_and_more_on_top_of_it()
    {
        await using var agent = await _leader.StartMemberAsync();
        var spec = Path.Combine(agent.Root, "spec.json");
        await File.WriteAllTextAsync(spec, """{"memoryBytes": "33554432", "cpu": {"vcpus": 1}, "machine": "pc", "accelerator": "ACCELERATOR_TCG"}""");

        (await _leader.CommandAsync("vm", "create", await agent.NodeIdAsync(), "web", "--spec", spec, "--vcpus", "2")).Succeeded();

        var vm = await agent.Client.GetAsync("web");
        (vm.Spec.Cpu.Vcpus, vm.Spec.MemoryBytes, vm.Spec.Machine).ShouldBe((2, 32 << 20, "pc"));
    }
}
