using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tls;
using ReferenceManager.Admin.V1;
using static ReferenceManager.Admin.V1.RotateAuthorityRequest.Types;

namespace NodeAgent.Tests.Fleet;

/// <summary>Replacing the fleet's authority: for those who are there, and for a host that sleeps through it.</summary>
public sealed class ReturnTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Host_that_slept_through_the_replacement_comes_back_by_a_new_token_as_the_node_that_it_was()
    {
        await using var manager = await ManagerInReach.StartAsync();
        using var directory = new TemporaryDirectory();
        string id;
        await using (var before = await StartAsync(directory))
        {
            id = before.Floor.NodeId.ToString("D");
            await before.JoinAsync(await manager.TokenAsync());
        }

        await manager.RotateAsync(Step.Begin);
        await manager.RotateAsync(Step.Finish, force: true);
        await using var agent = await StartAsync(directory);
        agent.KeepMembership();
        (await agent.UntilAsync(now => now.Session is { Problem.Length: > 0 })).Session.Problem.ShouldContain("no authority of the fleet");

        var back = await agent.JoinAsync(await manager.TokenAsync());

        back.State.ShouldBe(V1.MembershipState.Joined);
        var node = await manager.UntilAsync(known => known.State == "connected");
        node.Id.ShouldBe(id);
        (await manager.Admin.ListPendingAsync(new ListPendingRequest(), cancellationToken: Cancellation)).Enrolments.ShouldBeEmpty();
        (await manager.Admin.ListNodesAsync(new ListNodesRequest(), cancellationToken: Cancellation)).Nodes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Token_that_leads_back_may_hold_no_secret_but_must_be_of_the_same_fleet()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var elsewhere = await ManagerInReach.StartAsync("Hamburg");
        await using var agent = await RunningAgent.StartAsync();
        await agent.JoinAsync(await manager.TokenAsync());
        var serial = agent.App.Services.GetRequiredService<CredentialStore>().Current!.Certificate.SerialNumber;

        (await Should.ThrowAsync<RpcException>(async () => await agent.JoinAsync(await elsewhere.TokenAsync()))).Status.Detail.ShouldContain("is in the fleet 'Berlin'");
        agent.App.Services.GetRequiredService<CredentialStore>().Current!.Certificate.SerialNumber.ShouldBe(serial);
        (await agent.JoinAsync(await manager.TokenAsync(byHand: true))).State.ShouldBe(V1.MembershipState.Joined);
        agent.App.Services.GetRequiredService<CredentialStore>().Current!.Certificate.SerialNumber.ShouldNotBe(serial);
    }

    [Fact]
    public async Task Node_is_driven_by_a_tunnel_after_the_authority_of_its_first_certificate_is_gone()
    {
        await using var manager = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        await agent.JoinAsync(await manager.TokenAsync());
        var before = await manager.UntilAsync(known => known.State == "connected");
        await new V1.VmService.VmServiceClient(agent.Channel).CreateVmAsync(FleetSteps.NewVm("web"), cancellationToken: Cancellation);
        await GetAsync(manager, before.Id);

        await manager.RotateAsync(Step.Begin);
        await manager.UntilAsync(known => known.Authority > before.Authority);
        await FleetSteps.UntilAsync(async () =>
        {
            await manager.RotateAsync(Step.Finish);
            return true;
        });
        await FleetSteps.UntilAsync(() => Task.FromResult(agent.App.Services.GetRequiredService<CredentialStore>().Current!.Trust.Authorities.Count == 1));

        await FleetSteps.UntilAsync(async () => await GetAsync(manager, before.Id));
        agent.App.Services.GetRequiredService<RemoteConnections>().Review();
        (await agent.MembershipAsync()).Session.Connected.ShouldBeTrue();
        await GetAsync(manager, before.Id);
    }

    private static async Task<bool> GetAsync(ManagerInReach manager, string node)
    {
        var seen = await manager.Admin.RunVmAsync(new RunVmRequest { Node = node, Vm = "web", Verb = VmVerb.Get, Via = Via.Tunnel }, cancellationToken: Cancellation);
        seen.Via.ShouldBe(Via.Tunnel);
        return seen.Vm.Name == "web";
    }

    private static Task<RunningAgent> StartAsync(TemporaryDirectory directory) =>
        RunningAgent.StartAsync(options => options with { StateDirectory = Path.Combine(directory.Path, "state") });
}
