using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>A manager that sends what no manager should: the node stays as it was, and goes on.</summary>
public sealed class NonsenseTests : IAsyncLifetime
{
    private readonly TestFleet _fleet = new();
    private ManagerByScript _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await ManagerByScript.StartAsync(_fleet.Manager(), _fleet.Authority);
    }

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _fleet.Dispose();
    }

    [Fact]
    public async Task Garbage_for_authorities_is_not_kept_and_the_session_goes_on()
    {
        await using var agent = await JoinedAsync();
        var session = await _manager.SessionAsync();
        var garbage = new TrustBundle { Version = 7, CaCertificates = { ByteString.CopyFromUtf8("nonsense") } };

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Trust = garbage } });
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Trust = new TrustBundle { Version = 8 } } });
        session.Say.Writer.TryWrite(new OpenSessionResponse());

        var before = session.Leases;
        await FleetSteps.UntilAsync(() => Task.FromResult(session.Leases > before + 1));
        session.TrustVersion.ShouldBe(1);
        session.Ended.Task.IsCompleted.ShouldBeFalse();
        agent.App.Services.GetRequiredService<CredentialStore>().Problem.ShouldBeEmpty();
    }

    [Fact]
    public async Task Places_that_nobody_could_dial_are_not_kept()
    {
        await using var agent = await JoinedAsync();
        var session = await _manager.SessionAsync();

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = new UpdateEndpoints { Endpoints = { "no port", "http://x:1", "a:99999", "[::1:7" } } });
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = new UpdateEndpoints { Endpoints = { "b:1" }, MoveTime = new Timestamp { Nanos = -1 } } });
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = new UpdateEndpoints() });
        var before = session.Leases;
        await FleetSteps.UntilAsync(() => Task.FromResult(session.Leases > before + 1));
        (await agent.MembershipAsync()).Endpoints.ShouldBe([_manager.Endpoint]);

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = new UpdateEndpoints { Endpoints = { "no port", _manager.Endpoint, "b:1" } } });
        await agent.UntilAsync(now => now.Endpoints.Count == 2);
        session.Ended.Task.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Empty_or_useless_renewal_changes_nothing_and_the_next_one_counts()
    {
        await using var agent = await JoinedAsync();
        var session = await _manager.SessionAsync();
        var answers = 0;
        _manager.OnRenew = request => Interlocked.Increment(ref answers) switch
        {
            1 => new RenewResponse(),
            2 => new RenewResponse { Issued = new Issued { FleetId = TestFleet.Fleet, CertificateChain = { ByteString.CopyFromUtf8("nonsense") } } },
            _ => new RenewResponse { Issued = _fleet.Certify(request.CertificateRequest) },
        };
        var first = session.Serial;

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } });
        (await agent.UntilAsync(now => now.Problem.Length > 0)).Problem.ShouldContain("no certificate in it");
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } });
        await FleetSteps.UntilAsync(() => Task.FromResult(Volatile.Read(ref answers) == 2));
        agent.App.Services.GetRequiredService<CredentialStore>().Current!.Certificate.SerialNumber.ShouldBe(first);
        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateTrust = new UpdateTrust { Renew = true } });

        (await _manager.SessionAsync(session => session.Serial != first)).Hello.TrustVersion.ShouldBe(1);
        (await agent.UntilAsync(now => now.Problem.Length == 0)).Endpoints.ShouldBe([_manager.Endpoint]);
    }

    [Fact]
    public async Task Key_whose_token_is_spent_is_kept_when_what_was_issued_is_of_no_use()
    {
        await using var agent = await RunningAgent.StartAsync();
        var asked = new List<string>();
        _manager.OnEnrol = request =>
        {
            asked.Add(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
                System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequest(request.CertificateRequest.ToByteArray(), System.Security.Cryptography.HashAlgorithmName.SHA256).PublicKey.ExportSubjectPublicKeyInfo())));
            var issued = _fleet.Certify(request.CertificateRequest);
            issued.Trust = _manager.Trust;
            return new EnrolResponse
            {
                Issued = asked.Count switch
                {
                    1 => new Issued { FleetId = TestFleet.Fleet, Trust = _manager.Trust, CertificateChain = { ByteString.CopyFromUtf8("nonsense") } },
                    2 => new Issued { FleetId = TestFleet.Fleet, CertificateChain = { issued.CertificateChain } },
                    _ => issued,
                },
            };
        };

        (await Should.ThrowAsync<Grpc.Core.RpcException>(() => agent.JoinAsync(Token()))).Status.Detail.ShouldContain("goes on asking");
        (await agent.MembershipAsync()).State.ShouldBe(V1.MembershipState.Pending);
        (await Should.ThrowAsync<Grpc.Core.RpcException>(() => agent.JoinAsync(Token()))).Status.Detail.ShouldContain("without the fleet's authorities");
        var joined = await agent.JoinAsync(Token());

        joined.State.ShouldBe(V1.MembershipState.Joined);
        joined.Endpoints.ShouldBe([_manager.Endpoint]);
        asked.Distinct().ShouldBe([joined.KeyFingerprint]);
    }

    [Fact]
    public async Task Empty_answer_to_an_enrolment_is_none_and_the_node_goes_on_asking()
    {
        await using var agent = await RunningAgent.StartAsync();

        (await Should.ThrowAsync<Grpc.Core.RpcException>(() => agent.JoinAsync(Token()))).Status.Detail.ShouldContain("its answer is empty");

        (await agent.MembershipAsync()).State.ShouldBe(V1.MembershipState.Pending);
        _manager.OnEnrol = request =>
        {
            var issued = _fleet.Certify(request.CertificateRequest);
            issued.Trust = _manager.Trust;
            return new EnrolResponse { Issued = issued };
        };
        agent.KeepMembership();
        (await agent.UntilAsync(now => now.State == V1.MembershipState.Joined)).FleetId.ShouldBe("test");
        (await agent.EventAsync("fleet.joined")).Caller.ShouldBe("agent");
    }

    [Fact]
    public async Task Strangers_certificate_makes_the_node_dial_nobody_else()
    {
        using var other = new TestFleet();
        using var trap = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        trap.Start();
        var stranger = other.Issue(wish => wish with
        {
            Uris = ["nodeagent://test/manager/stranger"],
            Usages = [TestFleet.ServerUsage],
            IssuerUrl = $"http://127.0.0.1:{((System.Net.IPEndPoint)trap.LocalEndpoint).Port}/ca.der",
        });
        await using var impostor = await ManagerByScript.StartAsync(stranger, _fleet.Authority);
        await using var agent = await RunningAgent.StartAsync();
        var token = ReadToken();
        token.Endpoints.Clear();
        token.Endpoints.Add(impostor.Endpoint);

        (await Should.ThrowAsync<Grpc.Core.RpcException>(() => agent.JoinAsync(TokenTexts.Write(token)))).Status.Detail.ShouldContain("no authority of the fleet");

        (await agent.MembershipAsync()).State.ShouldBe(V1.MembershipState.None);
        impostor.Enrolments.ShouldBe(0);
        trap.Pending().ShouldBeFalse();
    }

    [Theory]
    [InlineData("manager")]
    [InlineData("http://manager:7443")]
    [InlineData("manager:0")]
    [InlineData("manager:7443/path")]
    [InlineData("user@manager:7443")]
    public void Token_with_a_place_that_is_none_is_refused(string endpoint)
    {
        var token = ReadToken();
        token.Endpoints.Add(endpoint);

        Should.Throw<FleetException>(() => JoinTokenText.Parse(TokenTexts.Write(token), TimeProvider.System.GetUtcNow())).Message.ShouldContain(endpoint);
    }

    [Theory]
    [InlineData("manager:7443")]
    [InlineData("192.0.2.7:7443")]
    [InlineData("[2001:db8::1]:7443")]
    [InlineData("manager.example:443")]
    public void Place_of_a_manager_may_be_any_that_can_be_dialled(string endpoint) => EndpointText.IsGood(endpoint).ShouldBeTrue();

    private string Token() => TokenTexts.Write(ReadToken());

    private JoinToken ReadToken() => new()
    {
        Endpoints = { _manager.Endpoint },
        FleetId = TestFleet.Fleet,
        CaPins = { ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(_fleet.Authority.PublicKey.ExportSubjectPublicKeyInfo())) },
        Secret = ByteString.CopyFrom(new byte[32]),
        ExpireTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)),
    };

    private Task<RunningAgent> JoinedAsync() => FleetSteps.StartMemberAsync(_fleet, [_manager.Endpoint]);
}
