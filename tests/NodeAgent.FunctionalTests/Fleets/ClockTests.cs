using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>A clock is set by a day, both ways, under a node and under its manager: what lasts is measured and not dated.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private ShiftedClock _clock = null!;

    public async ValueTask InitializeAsync() => _clock = await ShiftedClock.MakeAsync();

    public ValueTask DisposeAsync()
    {
        _clock.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Node_whose_clock_is_set_by_a_day_keeps_its_session_and_loses_no_event()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = Agent.Create();
        agent.Service = _clock.Service;
        await agent.StartAgainAsync();
        await agent.JoinAsync(await leader.TokenAsync());
        await agent.UntilConnectedAsync();
        var id = await agent.NodeIdAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        var begun = await agent.MembershipAsync();

        foreach (var shift in (TimeSpan[])[Day, -Day, TimeSpan.Zero])
        {
            _clock.Set(shift);
            var made = await agent.Client.CreateAsync(Guest.Empty($"at-{shift.Days}"));
            (made.CreateTime.ToDateTimeOffset() - TimeProvider.System.GetUtcNow() - shift).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(1), "the clock was set");
            await ShouldGoOnAsync(leader, id);
            await LeaderLossTests.ShouldHoldAllAsync(leader, agent);
            (await agent.Client.WaitAsync(await agent.Client.Vms.PauseVmAsync(new PauseVmRequest { Vm = vm.Id }))).Done.ShouldBeTrue();
            (await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = vm.Id }))).Done.ShouldBeTrue();
        }

        var node = await leader.NodeAsync(id);
        node.Sessions.ShouldBe(1);
        var member = await agent.MembershipAsync();
        member.KeyFingerprint.ShouldBe(begun.KeyFingerprint, "a day is nothing to a certificate of ninety");
        (await agent.Client.GetAsync(vm.Id)).Status.Pid.ShouldBe(vm.Status.Pid);
    }

    [Fact]
    public async Task Node_that_starts_with_a_clock_a_day_off_finds_its_manager_and_its_guests()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        agent.Service = _clock.Service;

        // A minute less than the day by which certificates begin too early, for a host whose clock is slow.
        foreach (var shift in (TimeSpan[])[Day, TimeSpan.FromMinutes(1) - Day])
        {
            _clock.Set(shift);
            await agent.KillAsync();
            await agent.StartAgainAsync();

            await agent.UntilConnectedAsync();
            await ShouldGoOnAsync(leader, await agent.NodeIdAsync());
            var now = await agent.Client.GetAsync(vm.Id);
            (now.Status.State, now.Status.Pid).ShouldBe((VmState.Running, vm.Status.Pid));
        }

        await LeaderLossTests.ShouldHoldAllAsync(leader, agent);
    }

    [Fact]
    public async Task Token_that_has_ended_by_a_wrong_clock_is_refused_with_a_word_about_the_clock()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = Agent.Create();
        agent.Service = _clock.Service;
        await agent.StartAgainAsync();
        var token = await leader.TokenAsync();
        _clock.Set(Day);

        var refused = await new Nodectl(agent).TypeAsync(token + "\n", "node", "join", "-");

        refused.ExitCode.ShouldNotBe(0);
        refused.Errors.ShouldContain("this host's clock says");
        _clock.Set(TimeSpan.FromMinutes(1) - Day);
        await agent.JoinAsync(token);
        await agent.UntilConnectedAsync();
    }

    [Fact]
    public async Task Manager_whose_clock_is_set_by_a_day_loses_no_node_and_hides_no_loss()
    {
        await using var leader = await FleetLeader.StartAsync(_clock.Service);
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();

        foreach (var shift in (TimeSpan[])[Day, -Day])
        {
            _clock.Set(shift);
            (await leader.NodeAsync(id)).State.ShouldBe("connected");
            await ShouldGoOnAsync(leader, id);
        }

        (await leader.NodeAsync(id)).Sessions.ShouldBe(1);
        await agent.Client.CreateAsync(Guest.Empty("late"));
        await LeaderLossTests.ShouldHoldAllAsync(leader, agent);
        _clock.Set(-2 * Day);
        await agent.StopAsync();
        await leader.UntilNodeAsync(id, node => node.State == "lost", "lost");
    }

    // Two more leases, in the time that they take.
    private static async Task ShouldGoOnAsync(FleetLeader leader, string id)
    {
        var before = (await leader.Admin.GetStatusAsync(new ReferenceManager.Admin.V1.GetStatusRequest())).Counters.Leases;
        await leader.UntilNodeAsync(id, node => node.State == "connected", "connected");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await leader.Admin.GetStatusAsync(new ReferenceManager.Admin.V1.GetStatusRequest())).Counters.Leases < before + 2)
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
