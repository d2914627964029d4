using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Fleet;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Fleet;

public sealed class IdentityWatchTests
{
    private static readonly IdentityFacts Before = new("berlin-1", "0123", "192.0.2.7");

    [Fact]
    public async Task Change_is_told_once_also_over_a_restart_and_touches_nothing()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var directory = new TemporaryDirectory();
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        var vm = await vms.CreateVmAsync(FleetSteps.NewVm("web"), cancellationToken: TestContext.Current.CancellationToken);

        Watch(agent, directory, Before).Look();
        (await KnownAsync(agent)).ShouldBeEmpty();
        Watch(agent, directory, Before with { Hostname = "hamburg-9", Address = "192.0.2.8" }).Look();
        Watch(agent, directory, Before with { Hostname = "hamburg-9", Address = "192.0.2.8" }).Look();

        var told = await agent.EventAsync("node.identity-changed");
        told.Severity.ShouldBe(V1.EventSeverity.Warning);
        told.Message.ShouldContain("host name 'berlin-1' became 'hamburg-9', address '192.0.2.7' became '192.0.2.8'");
        told.Details.Fields["hostname"].StringValue.ShouldBe("hamburg-9");
        told.Details.Fields["address_before"].StringValue.ShouldBe("192.0.2.7");
        told.Details.Fields.ShouldNotContainKey("machine_id");
        (await KnownAsync(agent)).Count.ShouldBe(1);
        (await vms.GetVmAsync(new() { Vm = "web" }, cancellationToken: TestContext.Current.CancellationToken)).ShouldBe(vm);
    }

    [Fact]
    public async Task Machine_id_of_a_copied_disk_is_told_with_what_to_do()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var directory = new TemporaryDirectory();
        Watch(agent, directory, Before).Look();

        Watch(agent, directory, Before with { Hostname = "copy", MachineId = "4567" }).Look();

        (await agent.EventAsync("node.identity-changed")).Message.ShouldContain("copy of another host's disk");
    }

    [Fact]
    public async Task Network_that_is_down_is_no_other_address_and_a_damaged_note_is_written_anew()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "node-identity.json"), "{", TestContext.Current.CancellationToken);

        Watch(agent, directory, Before).Look();
        Watch(agent, directory, Before with { Address = "" }).Look();
        Watch(agent, directory, Before).Look();

        (await KnownAsync(agent)).ShouldBeEmpty();
        (await File.ReadAllTextAsync(Path.Combine(directory.Path, "node-identity.json"), TestContext.Current.CancellationToken)).ShouldContain("192.0.2.7");
    }

    private static async Task<IReadOnlyList<V1.Event>> KnownAsync(RunningAgent agent)
    {
        // The ledger takes facts in order: what follows a barrier was there before it.
        await agent.Floor.Ledger.ProveAliveAsync();
        return (await new V1.EventService.EventServiceClient(agent.Channel).ListEventsAsync(new() { KindPrefix = "node.identity" }, cancellationToken: TestContext.Current.CancellationToken)).Events;
    }

    private static IdentityWatch Watch(RunningAgent agent, TemporaryDirectory directory, IdentityFacts facts) =>
        new(directory.Path, () => facts, agent.App.Services.GetRequiredService<FleetEvents>(), TimeProvider.System, NullLogger<IdentityWatch>.Instance);
}
