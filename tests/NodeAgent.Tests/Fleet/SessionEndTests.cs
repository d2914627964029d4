using System.Net;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Configuration;
using NodeAgent.Manager.V1;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>What ends a session and its tunnels, and what must not.</summary>
public sealed class SessionEndTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestFleet _fleet = new();
    private readonly TemporaryDirectory _directory = new();
    private ManagerByScript _manager = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _manager = await ManagerByScript.StartAsync(_fleet.Manager(), _fleet.Authority);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _fleet.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Node_that_leaves_ends_its_session_its_tunnels_and_what_others_opened()
    {
        await using var agent = await StartAsync(options => options with { Remote = options.Remote with { Listen = new IPEndPoint(IPAddress.Loopback, 0) } });
        var session = await _manager.SessionAsync();
        var tunnel = await TunnelAsync(session);
        using var client = _fleet.Client("viewer");
        using var channel = RemoteClient.Dial(agent, client);
        using var watch = new V1.VmService.VmServiceClient(channel).WatchVms(new(), cancellationToken: Cancellation);
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();

        await agent.LeaveAsync();

        await session.Ended.Task.WaitAsync(Patience, Cancellation);
        await tunnel.Ended.Task.WaitAsync(Patience, Cancellation);
        await Should.ThrowAsync<Grpc.Core.RpcException>(() => watch.ResponseStream.MoveNext(Cancellation).WaitAsync(Patience, Cancellation));
        (await agent.MembershipAsync()).State.ShouldBe(V1.MembershipState.None);
        (await agent.EventAsync("fleet.left")).Message.ShouldContain("left the fleet 'test'");
        _manager.Sessions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Manager_whose_serial_is_denied_loses_its_session_and_its_tunnels()
    {
        var denied = Path.Combine(_directory.Path, "denied");
        await using var agent = await StartAsync(options => options with { Remote = options.Remote with { DeniedSerials = denied } });
        var session = await _manager.SessionAsync();
        var tunnel = await TunnelAsync(session);

        // The file is watched; nobody has to tell the agent.
        var serial = agent.App.Services.GetRequiredService<RemoteConnections>().Dialled.Single().SerialNumber;
        await File.WriteAllTextAsync(denied, serial + "\n", Cancellation);

        await session.Ended.Task.WaitAsync(Patience, Cancellation);
        await tunnel.Ended.Task.WaitAsync(Patience, Cancellation);
        (await agent.UntilAsync(now => now.Session is { Connected: false })).Session.Problem.ShouldContain("revoked");
        _manager.Sessions.Count.ShouldBe(1);

        File.Delete(denied);
        await agent.UntilAsync(now => now.Session is { Connected: true });
    }

    [Fact]
    public async Task Manager_that_the_fleet_took_back_loses_its_session()
    {
        await using var agent = await StartAsync();
        var session = await _manager.SessionAsync();
        var certificate = agent.App.Services.GetRequiredService<RemoteConnections>().Dialled.Single();

        var trust = _manager.Trust.Clone();
        trust.Version = 2;
        trust.RevocationLists.Add(Google.Protobuf.ByteString.CopyFrom(_fleet.Revoke(certificate)));
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Trust = trust } });

        await session.Ended.Task.WaitAsync(Patience, Cancellation);
        (await agent.UntilAsync(now => now.Session is { Connected: false, Problem.Length: > 0 })).Session.Problem.ShouldContain("revoked");
    }

    [Fact]
    public async Task New_certificate_brings_a_new_session_before_the_old_one_ends_and_cuts_no_tunnel()
    {
        await using var agent = await StartAsync();
        var first = await _manager.SessionAsync();
        var tunnel = await TunnelAsync(first);
        _manager.OnRenew = request => new RenewResponse { Issued = _fleet.Certify(request.CertificateRequest) };

        first.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } });

        var second = await _manager.SessionAsync(session => session.Serial != first.Serial);
        await first.Ended.Task.WaitAsync(Patience, Cancellation);
        await FleetSteps.UntilAsync(() => Task.FromResult(second.Leases >= 2));
        tunnel.Ended.Task.IsCompleted.ShouldBeFalse();
        (await agent.MembershipAsync()).Session.Connected.ShouldBeTrue();
        var later = await TunnelAsync(second);
        later.Id.ShouldNotBe(tunnel.Id);
        (await agent.EventAsync("fleet.certificate-renewed")).Severity.ShouldBe(V1.EventSeverity.Info);
        var record = (await agent.AuditAsync("fleet.certificate-renewed")).ShouldHaveSingleItem();
        record.Kind.ShouldBe(V1.AuditKind.Agent);
        record.Caller.ShouldBe("agent");
        record.Detail.ShouldStartWith("The node's certificate was renewed");
    }

    [Fact]
    public async Task Agent_that_leaves_while_a_session_is_being_replaced_leaves()
    {
        var agent = await StartAsync();
        var first = await _manager.SessionAsync();
        _manager.OnRenew = request => new RenewResponse { Issued = _fleet.Certify(request.CertificateRequest) };
        _manager.IsSilent = true;
        first.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } });
        await _manager.SessionAsync(session => session.Serial != first.Serial);

        // The new session hears of it before the old one does, and must not be followed by another.
        await agent.DisposeAsync().AsTask().WaitAsync(Patience, Cancellation);

        _manager.Sessions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Certificate_that_is_due_as_soon_as_it_is_issued_is_told_of_and_not_asked_for_again_at_once()
    {
        await using var agent = await StartAsync();
        var session = await _manager.SessionAsync();
        var asked = 0;
        _manager.OnRenew = request =>
        {
            Interlocked.Increment(ref asked);
            return new RenewResponse { Issued = _fleet.Certify(request.CertificateRequest, notAfter: TimeProvider.System.GetUtcNow().AddHours(1)) };
        };

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } });

        await agent.UntilAsync(now => now.Problem.Contains("due already", StringComparison.Ordinal));
        asked.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_manager_changes_of_trust_and_endpoints_is_told_and_on_record_once()
    {
        await using var agent = await StartAsync();
        var session = await _manager.SessionAsync();
        var trust = _manager.Trust.Clone();
        trust.Version = 7;
        var move = new UpdateEndpoints { Endpoints = { "elsewhere.example:7443" }, MoveTime = TimeProvider.System.GetUtcNow().AddDays(1).ToTimestamp() };
        void SayAll()
        {
            session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Trust = trust } });
            session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = move });
        }

        SayAll();
        SayAll();

        // In the order of the stream: what comes last tells that the repeats were heard.
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = new UpdateEndpoints { Endpoints = { "later.example:7443" }, MoveTime = move.MoveTime } });
        await FleetSteps.UntilAsync(async () => (await agent.AuditAsync("fleet.endpoints-updated")).Count == 2);
        (await agent.AuditAsync("fleet.trust-updated")).ShouldHaveSingleItem().Detail.ShouldContain("version 7");
        (await agent.AuditAsync("fleet.endpoints-updated"))[0].Detail.ShouldContain("elsewhere.example:7443");
        (await agent.EventAsync("fleet.trust-updated")).Details.Fields["version"].StringValue.ShouldBe("7");
        session.Ended.Task.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Tunnel_beyond_the_limit_of_connections_ends_and_the_other_goes_on()
    {
        await using var agent = await StartAsync(options => options with { Limits = options.Limits with { MaxConnections = 1 } });
        var session = await _manager.SessionAsync();
        ScriptedTunnel[] both = [await TunnelAsync(session), await TunnelAsync(session)];

        await (await Task.WhenAny(both.Select(tunnel => tunnel.Ended.Task)).WaitAsync(Patience, Cancellation));

        both.Count(tunnel => tunnel.Ended.Task.IsCompleted).ShouldBe(1);
        session.Ended.Task.IsCompleted.ShouldBeFalse();
        await FleetSteps.UntilAsync(async () => (await agent.AuditAsync("connection")).Any(record => record.Caller == "manager:scripted"));
    }

    private async Task<ScriptedTunnel> TunnelAsync(ScriptedSession session)
    {
        var id = Guid.NewGuid().ToString("N");
        session.Say.Writer.TryWrite(new OpenSessionResponse { OpenTunnel = new OpenTunnel { TunnelId = id } });
        ScriptedTunnel? found = null;
        await FleetSteps.UntilAsync(() => Task.FromResult((found = _manager.Tunnels.FirstOrDefault(tunnel => tunnel.Id == id)) is not null));
        return found!;
    }

    private Task<RunningAgent> StartAsync(Func<AgentOptions, AgentOptions>? change = null) => FleetSteps.StartMemberAsync(_fleet, [_manager.Endpoint], change);
}
