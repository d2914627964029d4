using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>A node gets its next certificate in time, or late; what is open stays open.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task Certificate_is_renewed_in_time_and_shown_everywhere_without_dropping_a_stream()
    {
        // It begins as long ago as it is valid, so that two thirds of its life are over after a third of this.
        await using var leader = await FleetLeader.StartAsync("--lease-interval", "1s", "--node-validity", "12s");
        using var addresses = new Remote.Fleet();
        await using var agent = await leader.StartMemberAsync(new AgentConfiguration
        {
            More = new Dictionary<string, string> { ["remote"] = $"listen = {addresses.Address}", ["metrics"] = "tls = on" },
        });
        using var viewer = await IssueAsync(leader, "viewer");
        using var scraper = await IssueAsync(leader, "metrics");
        using var channel = Dial(addresses.Address, viewer);
        using var watch = new VmService.VmServiceClient(channel).WatchVms(new WatchVmsRequest());
        var begun = await agent.MembershipAsync();
        var api = await Shown.SerialAtAsync(addresses.Address, viewer, SslApplicationProtocol.Http2);

        var renewed = await agent.UntilMemberAsync(now => now.CertificateNotAfter > begun.CertificateNotAfter, "renewed");

        renewed.KeyFingerprint.ShouldNotBe(begun.KeyFingerprint, "each certificate has a key of its own");
        renewed.RenewTime.ShouldBeLessThan(renewed.CertificateNotAfter);
        var afterwards = await Shown.SerialAtAsync(addresses.Address, viewer, SslApplicationProtocol.Http2);
        afterwards.ShouldNotBe(api);

        // A certificate that ended meanwhile would be refused by both.
        await UntilAsync(begun.CertificateNotAfter.ToDateTimeOffset());
        (await Shown.SerialAtAsync(agent.MetricsAddress, scraper, SslApplicationProtocol.Http11)).ShouldNotBe(api);
        await agent.Client.CreateAsync(Guest.Empty("late"));
        await UntilSeenAsync(watch.ResponseStream, "late");
        var id = await agent.NodeIdAsync();
        var node = await leader.UntilNodeAsync(id, one => one.Vms == 1, "told of the VM");
        await ShouldNeverHaveLostItsManagerAsync(agent);
        node.State.ShouldBe("connected");
        node.CertificateSerial.ShouldNotBe(api);

        // New calls to the node go on as well, both ways.
        (await leader.Admin.RunVmAsync(new RunVmRequest { Node = id, Vm = "late", Verb = VmVerb.Get, Via = Via.Direct })).Vm.Name.ShouldBe("late");
        (await leader.Admin.RunVmAsync(new RunVmRequest { Node = id, Vm = "late", Verb = VmVerb.Get, Via = Via.Tunnel })).Vm.Name.ShouldBe("late");
    }

    [Fact]
    public async Task Certificate_that_ended_while_the_agent_was_off_is_renewed_when_it_is_back()
    {
        await using var leader = await FleetLeader.StartAsync("--lease-interval", "1s", "--node-validity", "4s");
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        await agent.StopAsync();
        await UntilAsync((await leader.NodeAsync(id)).CertificateExpireTime.ToDateTimeOffset());

        await agent.StartAgainAsync();

        var member = await agent.UntilConnectedAsync();
        member.CertificateNotAfter.ToDateTimeOffset().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());
        member.Problem.ShouldBeEmpty();
    }

    [Fact]
    public async Task Authority_is_replaced_and_no_node_is_without_a_session()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        var before = await agent.MembershipAsync();

        await leader.Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = RotateAuthorityRequest.Types.Step.Begin });
        await leader.UntilNodeAsync(id, node => node.Authority == 2, "of the new authority");
        await agent.UntilMemberAsync(now => now.KeyFingerprint != before.KeyFingerprint, "renewed");
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while ((await RotateAsync(leader, RotateAuthorityRequest.Types.Step.Status)).Phase != "ready")
        {
            await Task.Delay(20, limit.Token);
        }

        (await RotateAsync(leader, RotateAuthorityRequest.Types.Step.Finish)).Phase.ShouldBe("none");

        var vm = await agent.Client.CreateAsync(Guest.Empty("after"));
        var node = await leader.UntilNodeAsync(id, one => one.Vms == 1, "told of the VM");
        node.Sessions.ShouldBe(2, "one by each certificate");
        await ShouldNeverHaveLostItsManagerAsync(agent);
        (await agent.Client.GetAsync(vm.Id)).Name.ShouldBe("after");

        // A session that begins now knows the new authority only.
        await leader.KillAsync();
        await leader.StartAgainAsync();
        await agent.UntilDisconnectedAsync();
        await agent.UntilConnectedAsync();
    }

    // The next session begins before the last one ends.
    private static async Task ShouldNeverHaveLostItsManagerAsync(Agent agent) =>
        (await agent.Client.Events.ListEventsAsync(new ListEventsRequest { KindPrefix = "fleet.manager-lost" })).Events.ShouldBeEmpty();

    private static async Task<RotationStatus> RotateAsync(FleetLeader leader, RotateAuthorityRequest.Types.Step step) =>
        await leader.Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = step });

    private static async Task<X509Certificate2> IssueAsync(FleetLeader leader, string role)
    {
        var issued = await leader.Admin.IssueCertificateAsync(new IssueCertificateRequest { Role = role, Name = "ft" });
        return X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
    }

    private static GrpcChannel Dial(string address, X509Certificate2 certificate) => GrpcChannel.ForAddress($"https://{address}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { SslOptions = { ClientCertificates = [certificate], RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null } },
        DisposeHttpClient = true,
    });

    // It is the time itself that is waited for.
    private static async Task UntilAsync(DateTimeOffset time)
    {
        var left = time - TimeProvider.System.GetUtcNow();
        await Task.Delay(left > TimeSpan.Zero ? left + TimeSpan.FromMilliseconds(100) : TimeSpan.Zero);
    }

    private static async Task UntilSeenAsync(IAsyncStreamReader<WatchVmsResponse> watch, string vm)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (await watch.MoveNext(limit.Token))
        {
            if (watch.Current.Vm?.Name == vm)
            {
                return;
            }
        }

        throw new EndOfStreamException("The watch has ended.");
    }
}
