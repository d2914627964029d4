using Grpc.Core;
using NodeAgent.Tests.Hosting;
using ReferenceManager.Admin.V1;

namespace NodeAgent.Tests.Fleet;

/// <summary>Joining by a person's consent on the manager's side.</summary>
public sealed class ByHandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Node_without_a_secret_waits_for_a_person_over_a_restart_of_the_agent()
    {
        await using var manager = await ManagerInReach.StartAsync();
        using var directory = new TemporaryDirectory();
        string fingerprint;
        await using (var before = await StartAsync(directory))
        {
            var asked = await before.JoinAsync(await manager.TokenAsync(byHand: true));
            asked.State.ShouldBe(V1.MembershipState.Pending);
            fingerprint = asked.KeyFingerprint;
            (await before.EventAsync("fleet.join-asked")).Message.ShouldContain("a person decides");
        }

        var waiting = (await manager.Admin.ListPendingAsync(new ListPendingRequest(), cancellationToken: Cancellation)).Enrolments.ShouldHaveSingleItem();
        waiting.KeyFingerprint.ShouldBe(fingerprint);
        await using var agent = await StartAsync(directory);
        agent.KeepMembership();
        (await agent.MembershipAsync()).KeyFingerprint.ShouldBe(fingerprint);

        await manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = fingerprint, Approve = true }, cancellationToken: Cancellation);

        // It is a member once that is on disk, and a moment later the key is in force.
        (await agent.UntilAsync(now => now.State == V1.MembershipState.Joined && now.KeyFingerprint.Length > 0)).KeyFingerprint.ShouldBe(fingerprint);
        await manager.UntilAsync(known => known.State == "connected");
    }

    [Fact]
    public async Task Refusal_by_a_person_is_told_and_ends_it()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        var asked = await agent.JoinAsync(await manager.TokenAsync(byHand: true));

        await manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = asked.KeyFingerprint, Approve = false }, cancellationToken: Cancellation);

        (await agent.UntilAsync(now => now.State == V1.MembershipState.None)).Problem.ShouldContain("said no");
        (await agent.EventAsync("fleet.join-refused")).Severity.ShouldBe(V1.EventSeverity.Warning);
    }

    [Fact]
    public async Task Waiting_can_be_given_up_and_another_token_taken()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await agent.JoinAsync(await manager.TokenAsync(byHand: true));
        var token = await manager.TokenAsync();
        (await Should.ThrowAsync<RpcException>(() => agent.JoinAsync(token))).Status.Detail.ShouldContain("by another token");

        await agent.LeaveAsync();

        (await agent.JoinAsync(token)).State.ShouldBe(V1.MembershipState.Joined);
    }

    [Fact]
    public async Task Repeat_that_reaches_nobody_keeps_the_key_that_waits_and_a_refusal_ends_it()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var token = await manager.TokenAsync(byHand: true);
        var asked = await agent.JoinAsync(token);

        await manager.StopAsync();
        var failure = await Should.ThrowAsync<RpcException>(() => agent.JoinAsync(token));
        failure.StatusCode.ShouldBe(StatusCode.Unavailable);
        failure.Status.Detail.ShouldContain("goes on asking");
        var waiting = await agent.MembershipAsync();
        (waiting.State, waiting.KeyFingerprint).ShouldBe((V1.MembershipState.Pending, asked.KeyFingerprint));

        await manager.StartAgainAsync();
        (await agent.JoinAsync(token)).KeyFingerprint.ShouldBe(asked.KeyFingerprint);
        await manager.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = asked.KeyFingerprint, Approve = false }, cancellationToken: Cancellation);
        (await Should.ThrowAsync<RpcException>(() => agent.JoinAsync(token))).Status.Detail.ShouldContain("said no");
        (await agent.MembershipAsync()).State.ShouldBe(V1.MembershipState.None);
    }

    private static Task<RunningAgent> StartAsync(TemporaryDirectory directory) =>
        RunningAgent.StartAsync(options => options with { StateDirectory = Path.Combine(directory.Path, "state") });
}
