using Google.Protobuf.WellKnownTypes;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Life;

/// <summary>What starts with the host. A boot is one that the note in the state directory does not know.</summary>
public sealed class AutostartTests
{
    [Fact]
    public async Task Guests_start_with_the_host_in_their_order_and_once_a_boot()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAsync(Starting("second", order: 2));
        await agent.Client.CreateAsync(Starting("first", order: 1, delay: TimeSpan.FromMilliseconds(500)));
        await agent.Client.CreateAsync(Guest.Empty("never"));
        await agent.StopAsync();
        await agent.StartAgainAsync();
        (await agent.Client.ListAsync()).ShouldAllBe(vm => vm.Status.State == VmState.Stopped, "a restart of the agent is no boot");

        await agent.StopAsync();
        File.Delete(Path.Combine(agent.StateDirectory, "autostarted-boot"));
        await agent.StartAgainAsync();

        await agent.Client.UntilAsync("second", VmState.Running);
        await agent.Client.UntilEventAsync("second", "vm.started");
        (await agent.Client.ListEventsAsync(kindPrefix: "vm.started")).Select(one => one.VmName).ShouldBe(["first", "second"]);
        (await agent.Client.GetAsync("never")).Status.State.ShouldBe(VmState.Stopped);

        await agent.Client.ForceStopAsync("first");
        await agent.KillAsync();
        await agent.StartAgainAsync();
        (await agent.Client.GetAsync("first")).Status.State.ShouldBe(VmState.Stopped);
    }

    private static Vm Starting(string name, int order, TimeSpan delay = default)
    {
        var vm = Guest.Empty(name);
        vm.Spec.Autostart = new AutostartSpec { Enabled = true, Order = order, Delay = Duration.FromTimeSpan(delay) };
        return vm;
    }
}
