using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Fleet;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Rpc;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Fleet;

/// <summary>Requests about the membership that come again, because their answer was lost.</summary>
public sealed class RepeatTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Repeat_finds_done_what_was_done_and_does_nothing()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var token = await manager.TokenAsync();

        var joined = await agent.JoinAsync(token, "join-1");
        (await agent.JoinAsync(token, "join-1")).KeyFingerprint.ShouldBe(joined.KeyFingerprint);
        (await agent.LeaveAsync("leave-1")).State.ShouldBe(V1.MembershipState.None);
        (await agent.LeaveAsync("leave-1")).State.ShouldBe(V1.MembershipState.None);
        (await agent.JoinAsync(token, "join-1")).State.ShouldBe(V1.MembershipState.None);

        (await Should.ThrowAsync<RpcException>(() => agent.LeaveAsync("leave-2"))).Status.Detail.ShouldContain("in no fleet");
        (await Should.ThrowAsync<RpcException>(() => agent.LeaveAsync("join-1"))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var left = await agent.EventAsync("fleet.left");
        left.RequestId.ShouldBe("leave-1");
        left.Caller.ShouldStartWith("uid:");
    }

    [Fact]
    public async Task Request_that_failed_may_be_repeated()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var token = await manager.TokenAsync();
        await manager.StopAsync();
        (await Should.ThrowAsync<RpcException>(() => agent.JoinAsync(token, "join-1"))).StatusCode.ShouldBe(StatusCode.Unavailable);

        await manager.StartAgainAsync();

        (await agent.JoinAsync(token, "join-1")).State.ShouldBe(V1.MembershipState.Joined);
    }

    [Fact]
    public async Task Repeat_of_a_leave_whose_agent_was_killed_before_it_was_on_record_finds_it_done()
    {
        await using var manager = await ManagerInReach.StartAsync();
        using var directory = new TemporaryDirectory();
        await using (var killed = await StartAsync(directory))
        {
            await killed.JoinAsync(await manager.TokenAsync());
            await CarryOutAndLoseAsync(killed, "LeaveFleet", new V1.LeaveFleetRequest { RequestId = "leave-1" }, (enrolment, asked) => enrolment.LeaveAsync(asked, Cancellation));
        }

        await using var agent = await StartAsync(directory);
        (await agent.LeaveAsync("leave-1")).State.ShouldBe(V1.MembershipState.None);

        // With another key than before, so that a person decides.
        (await agent.JoinAsync(await manager.TokenAsync())).State.ShouldBe(V1.MembershipState.Pending);
        (await agent.LeaveAsync("leave-1")).State.ShouldBe(V1.MembershipState.Pending, "it is on record now, and over");
    }

    [Fact]
    public async Task Repeat_of_a_join_whose_agent_was_killed_before_it_was_on_record_asks_no_manager()
    {
        await using var manager = await ManagerInReach.StartAsync();
        using var directory = new TemporaryDirectory();
        var token = await manager.TokenAsync();
        await using (var killed = await StartAsync(directory))
        {
            await CarryOutAndLoseAsync(killed, "JoinFleet", new V1.JoinFleetRequest { RequestId = "join-1", Token = token }, (enrolment, asked) => enrolment.JoinAsync(token, asked, Cancellation));
        }

        await manager.StopAsync();
        await using var agent = await StartAsync(directory);
        (await agent.JoinAsync(token, "join-1")).State.ShouldBe(V1.MembershipState.Joined);
    }

    [Fact]
    public async Task Leave_that_an_agent_was_killed_before_is_carried_out_by_its_repeat()
    {
        await using var manager = await ManagerInReach.StartAsync();
        using var directory = new TemporaryDirectory();
        await using (var killed = await StartAsync(directory))
        {
            await killed.JoinAsync(await manager.TokenAsync());
            await CarryOutAndLoseAsync(killed, "LeaveFleet", new V1.LeaveFleetRequest { RequestId = "leave-1" }, (_, _) => Task.CompletedTask);
        }

        await using var agent = await StartAsync(directory);
        (await agent.LeaveAsync("leave-1")).State.ShouldBe(V1.MembershipState.None);
    }

    // A ledger that is closed when the request was carried out keeps as little of it as one whose agent is killed there.
    private static async Task CarryOutAndLoseAsync(RunningAgent agent, string method, IMessage request, Func<Enrolment, RequestContext, Task> act)
    {
        await new V1.VmService.VmServiceClient(agent.Channel).CreateVmAsync(FleetSteps.NewVm("web"), cancellationToken: Cancellation);
        var (caller, path) = ((await agent.EventAsync("vm.created")).Caller, $"/nodeagent.v1.FleetService/{method}");
        var asked = new RequestContext(caller, MethodFacts.Of(path).RequestIdOf(request), RequestFingerprint.Of(path, request));
        var desk = agent.App.Services.GetRequiredService<FleetDesk>();
        await Should.ThrowAsync<LedgerException>(() => desk.Requests.RunAsync(
            method, asked,
            async () =>
            {
                await act(desk.Enrolment, asked);
                await agent.Floor.Ledger.DisposeAsync();
            },
            Cancellation));
    }

    private static Task<RunningAgent> StartAsync(TemporaryDirectory directory) =>
        RunningAgent.StartAsync(options => options with { StateDirectory = Path.Combine(directory.Path, "state") });
}
