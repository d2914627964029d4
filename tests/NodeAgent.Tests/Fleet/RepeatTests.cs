using Grpc.Core;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Fleet;

/// <summary>Requests about the membership that come again, because their answer was lost.</summary>
public sealed class RepeatTests
{
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
}
