using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Fleet;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.ReferenceManager;
using NodeAgent.Tls;
using ReferenceManager.Admin.V1;

namespace NodeAgent.Tests.Fleet;

/// <summary>The agent and the reference manager, both whole, over real TLS.</summary>
public sealed class MembershipTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Node_joins_by_a_token_and_the_manager_knows_it_its_vms_and_its_events()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await new V1.VmService.VmServiceClient(agent.Channel).CreateVmAsync(FleetSteps.NewVm("before"), cancellationToken: Cancellation);

        var membership = await FleetSteps.JoinAsync(agent, await manager.TokenAsync());

        membership.State.ShouldBe(V1.MembershipState.Joined);
        membership.FleetId.ShouldBe("Berlin");
        await new V1.VmService.VmServiceClient(agent.Channel).CreateVmAsync(FleetSteps.NewVm("after"), cancellationToken: Cancellation);
        var newest = agent.Floor.Ledger.Events.Newest.Sequence;
        var node = await FleetSteps.UntilAsync(manager, known => known.State == "connected" && known.Vms == 2 && known.AcknowledgedEvent >= newest);
        node.Id.ShouldBe(agent.Floor.NodeId.ToString("D"));
        node.EventsLost.ShouldBe(0);
        (await new V1.FleetService.FleetServiceClient(agent.Channel).GetMembershipAsync(new(), cancellationToken: Cancellation)).Session.Connected.ShouldBeTrue();
    }

    [Fact]
    public async Task Manager_drives_a_node_that_it_cannot_dial()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await FleetSteps.JoinAsync(agent, await manager.TokenAsync());
        var node = await FleetSteps.UntilAsync(manager, known => known.State == "connected");

        var made = await manager.Admin.CreateVmAsync(new CreateVmRequest { Node = node.Id, Vm = FleetSteps.NewVm("web").Vm, Via = Via.Tunnel }, cancellationToken: Cancellation);

        made.Via.ShouldBe(Via.Tunnel);
        (await new V1.VmService.VmServiceClient(agent.Channel).GetVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation)).Id.ShouldBe(made.Vm.Id);
        var events = await new V1.EventService.EventServiceClient(agent.Channel).ListEventsAsync(new() { KindPrefix = "vm.created" }, cancellationToken: Cancellation);
        events.Events.ShouldHaveSingleItem().Caller.ShouldBe("manager:reference");
    }

    [Fact]
    public async Task Rights_of_a_manager_end_where_the_policy_says()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync(options => options with
        {
            Access = new() { Policy = NodeAgent.Configuration.PolicyFile.Parse("test", "[role admin]\nmethods=*\n[role manager]\nmethods=VmService/GetVm\n[local]\nothers=admin", []) },
        });
        agent.KeepMembership();
        await FleetSteps.JoinAsync(agent, await manager.TokenAsync());
        var node = await FleetSteps.UntilAsync(manager, known => known.State == "connected");

        var refusal = await Should.ThrowAsync<RpcException>(async () => await manager.Admin.CreateVmAsync(new CreateVmRequest { Node = node.Id, Vm = FleetSteps.NewVm("web").Vm, Via = Via.Tunnel }, cancellationToken: Cancellation));

        refusal.Status.Detail.ShouldContain("manager:reference may not call VmService/CreateVm");
    }

    [Fact]
    public async Task Manager_that_was_away_gets_what_happened_meanwhile_and_the_node_is_as_it_was()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await FleetSteps.JoinAsync(agent, await manager.TokenAsync());
        await FleetSteps.UntilAsync(manager, known => known.State == "connected");
        await manager.StopAsync();
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        for (var i = 0; i < 30; i++)
        {
            await vms.CreateVmAsync(FleetSteps.NewVm($"vm-{i}"), cancellationToken: Cancellation);
        }

        var newest = agent.Floor.Ledger.Events.Newest.Sequence;
        await manager.StartAgainAsync();

        var node = await FleetSteps.UntilAsync(manager, known => known.State == "connected" && known.AcknowledgedEvent >= newest && known.Vms == 30);
        node.EventsLost.ShouldBe(0);
        using var events = manager.Admin.WatchEvents(new WatchEventsRequest { Node = node.Id }, cancellationToken: Cancellation);
        var sequences = new List<long>();
        while (await events.ResponseStream.MoveNext(Cancellation))
        {
            sequences.Add(events.ResponseStream.Current.Event.Sequence);
        }

        sequences.ShouldBe(Enumerable.Range(1, sequences.Count).Select(number => (long)number));
        sequences.Count.ShouldBeGreaterThanOrEqualTo((int)newest);
    }

    [Fact]
    public async Task Authority_is_replaced_and_the_node_goes_over_without_losing_its_session()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await FleetSteps.JoinAsync(agent, await manager.TokenAsync());
        var before = await FleetSteps.UntilAsync(manager, known => known.State == "connected");

        await manager.Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = RotateAuthorityRequest.Types.Step.Begin }, cancellationToken: Cancellation);

        var after = await FleetSteps.UntilAsync(manager, known => known.CertificateSerial != before.CertificateSerial && known.Authority > before.Authority && known.State == "connected");
        agent.App.Services.GetRequiredService<CredentialStore>().Current!.Trust.Authorities.Count.ShouldBe(2);
        await FleetSteps.UntilAsync(async () =>
        {
            await manager.Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = RotateAuthorityRequest.Types.Step.Finish }, cancellationToken: Cancellation);
            return true;
        });
        await FleetSteps.UntilAsync(() => Task.FromResult(agent.App.Services.GetRequiredService<CredentialStore>().Current!.Trust.Authorities.Count == 1));
        after.Id.ShouldBe(before.Id);
    }

    [Fact]
    public async Task Certificate_that_ended_while_the_agent_was_off_is_renewed()
    {
        await using var manager = await ManagerInReach.StartAsync(nodeValidity: TimeSpan.FromSeconds(2));
        await using var agent = await RunningAgent.StartAsync();
        await FleetSteps.JoinAsync(agent, await manager.TokenAsync());
        var store = agent.App.Services.GetRequiredService<CredentialStore>();
        var first = store.Current!.Certificate.SerialNumber;
        await FleetSteps.UntilAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > store.Current!.NotAfter.AddMilliseconds(100)));

        agent.KeepMembership();

        await FleetSteps.UntilAsync(() => Task.FromResult(store.Current!.Certificate.SerialNumber != first && store.Current.NotAfter > TimeProvider.System.GetUtcNow()));
        await FleetSteps.UntilAsync(manager, known => known.State == "connected");
    }

    [Fact]
    public async Task Token_is_good_for_one_node()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var first = await RunningAgent.StartAsync();
        await using var second = await RunningAgent.StartAsync();
        var token = await manager.TokenAsync();
        await FleetSteps.JoinAsync(first, token);

        var refusal = await Should.ThrowAsync<RpcException>(() => FleetSteps.JoinAsync(second, token));

        refusal.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        refusal.Status.Detail.ShouldContain("refused");
        (await StateAsync(second)).ShouldBe(V1.MembershipState.None);
    }

    [Fact]
    public async Task Manager_without_the_pinned_authority_gets_no_secret()
    {
        await using var real = await ManagerInReach.StartAsync();
        await using var impostor = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var token = JoinTokenText.Parse(await real.TokenAsync(), TimeProvider.System.GetUtcNow());
        token.Endpoints.Clear();
        token.Endpoints.Add(impostor.Endpoint);

        var refusal = await Should.ThrowAsync<RpcException>(() => FleetSteps.JoinAsync(agent, TokenTexts.Write(token)));

        refusal.Status.Detail.ShouldContain("is not the fleet's manager");
        (await StateAsync(agent)).ShouldBe(V1.MembershipState.None);
    }

    [Fact]
    public async Task Token_that_was_changed_lost_a_part_or_ended_is_told_apart()
    {
        await using var agent = await RunningAgent.StartAsync();
        await using var manager = await ManagerInReach.StartAsync();
        var good = await manager.TokenAsync();
        var ended = JoinTokenText.Parse(good, TimeProvider.System.GetUtcNow());
        ended.ExpireTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(-1));

        (await Should.ThrowAsync<RpcException>(() => FleetSteps.JoinAsync(agent, good[..^3]))).Status.Detail.ShouldContain("not whole");
        (await Should.ThrowAsync<RpcException>(() => FleetSteps.JoinAsync(agent, good[..40] + (good[40] == 'A' ? 'B' : 'A') + good[41..]))).Status.Detail.ShouldContain("not whole");
        (await Should.ThrowAsync<RpcException>(() => FleetSteps.JoinAsync(agent, "hello"))).Status.Detail.ShouldContain("no join token");
        (await Should.ThrowAsync<RpcException>(() => FleetSteps.JoinAsync(agent, TokenTexts.Write(ended)))).Status.Detail.ShouldContain("clock says");
        (await StateAsync(agent)).ShouldBe(V1.MembershipState.None);
    }

    [Fact]
    public async Task Node_that_leaves_forgets_key_and_certificate()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await FleetSteps.JoinAsync(agent, await manager.TokenAsync());
        await FleetSteps.UntilAsync(manager, known => known.State == "connected");

        (await new V1.FleetService.FleetServiceClient(agent.Channel).LeaveFleetAsync(new(), cancellationToken: Cancellation)).State.ShouldBe(V1.MembershipState.None);

        agent.App.Services.GetRequiredService<CredentialStore>().Current.ShouldBeNull();
        Directory.EnumerateFileSystemEntries(Path.Combine(agent.Options.Current.StateDirectory, "fleet")).ShouldBeEmpty();
    }

    private static async Task<V1.MembershipState> StateAsync(RunningAgent agent) => (await agent.MembershipAsync()).State;
}
