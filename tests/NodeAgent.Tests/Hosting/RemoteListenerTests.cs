using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Tests.Fleet;
using NodeAgent.Tests.Tls;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Hosting;

public sealed class RemoteListenerTests : IDisposable
{
    private readonly TestFleet _fleet = new();
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Caller_with_a_role_is_served()
    {
        await using var agent = await StartAsync();
        using var certificate = _fleet.Client("viewer");
        using var channel = Dial(agent, certificate);

        (await new V1.VmService.VmServiceClient(channel).ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.ShouldBeEmpty();
    }

    [Fact]
    public async Task Caller_without_the_right_is_told_so()
    {
        await using var agent = await StartAsync();
        using var certificate = _fleet.Client("viewer");
        using var channel = Dial(agent, certificate);

        var refusal = await Should.ThrowAsync<RpcException>(async () => await new V1.VmService.VmServiceClient(channel).DeleteVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation));

        refusal.StatusCode.ShouldBe(StatusCode.PermissionDenied);
        refusal.Status.Detail.ShouldBe("viewer:alice may not call VmService/DeleteVm: its role viewer does not allow it.");
        refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("NOT_PERMITTED");
        await agent.Floor.Ledger.RecordAsync([]);
        var record = (await agent.Floor.Ledger.Audit.ReadAfterAsync(0, 10, Cancellation)).ShouldHaveSingleItem().Fact;
        (record.Kind, record.Caller, record.Method, record.Result).ShouldBe((AuditKind.Refusal, "viewer:alice", "VmService/DeleteVm", "PERMISSION_DENIED"));
    }

    [Theory]
    [InlineData("/nodeagent.v1.VmService/DeleteVm", "7")]
    [InlineData("/nodeagent.v1.vmservice/listvms", "12")]
    [InlineData("/nodeagent.v1.VmService/ListVms/", "12")]
    public async Task Nobodys_request_is_read_before_it_is_known_that_it_may(string path, string status)
    {
        await using var agent = await StartAsync();
        using var certificate = _fleet.Client("viewer");
        using var http = Http(certificate);

        // What follows the headers is nothing that gRPC could parse, and does not matter.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address(agent), path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        using var response = await http.SendAsync(request, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("grpc-status").ShouldBe([status]);
    }

    public static TheoryData<string> Strangers => ["none", "other-authority", "expired", "not-yet", "server-only", "other-fleet", "no-role", "revoked"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Stranger_ends_in_the_handshake(string who)
    {
        using var other = new TestFleet();
        using var certificate = who switch
        {
            "none" => null,
            "other-authority" => other.Client("admin"),
            "expired" => _fleet.Issue(wish => wish with { NotAfter = TimeProvider.System.GetUtcNow().AddSeconds(-5) }),
            "not-yet" => _fleet.Issue(wish => wish with { NotBefore = TimeProvider.System.GetUtcNow().AddHours(1) }),
            "server-only" => _fleet.Issue(wish => wish with { Usages = [TestFleet.ServerUsage] }),
            "other-fleet" => _fleet.Issue(wish => wish with { Uris = ["nodeagent://other/admin/alice"] }),
            "no-role" => _fleet.Issue(wish => wish with { Uris = [] }),
            _ => _fleet.Client("admin", "revoked"),
        };
        if (who == "revoked")
        {
            File.WriteAllBytes(Path.Combine(_directory.Path, "crl.der"), _fleet.Revoke(certificate!));
        }

        await using var agent = await StartAsync();
        using var channel = Dial(agent, certificate);

        var refusal = await Should.ThrowAsync<RpcException>(async () => await new V1.VmService.VmServiceClient(channel).ListVmsAsync(new(), cancellationToken: Cancellation));

        refusal.StatusCode.ShouldBeOneOf(StatusCode.Unavailable, StatusCode.Internal);
        (await agent.StopAsync()).ShouldContain(who == "none" ? "it shows no certificate" : "was refused:");
        var record = (await agent.Floor.Ledger.Audit.ReadAfterAsync(0, 10, Cancellation)).ShouldHaveSingleItem().Fact;
        (record.Kind, record.Caller, record.Method, record.Result).ShouldBe((AuditKind.Refusal, "", "handshake", "UNAUTHENTICATED"));
        record.Detail.ShouldStartWith("A connection was refused: ", customMessage: "and not that the handshake came to nothing besides");
        record.Source.ShouldStartWith("127.0.0.1:");
    }

    [Fact]
    public async Task Older_protocol_than_tls_1_3_is_refused()
    {
        await using var agent = await StartAsync();
        using var certificate = _fleet.Client("admin");
        using var http = Http(certificate, SslProtocols.Tls12);

        await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync(Address(agent), Cancellation));
        await NothingCameOfItAsync(agent);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    public async Task Who_speaks_no_tls_is_on_record(string said)
    {
        await using var agent = await StartAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(Address(agent).Host, Address(agent).Port, Cancellation);
            await socket.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(said), Cancellation);
        }

        await NothingCameOfItAsync(agent);
    }

    [Fact]
    public async Task Revocation_cuts_a_stream_that_is_open_and_no_other()
    {
        await using var agent = await StartAsync();
        var store = agent.App.Services.GetRequiredService<CredentialStore>();
        store.Observe(agent.App.Services.GetRequiredService<RemoteConnections>().Review);
        using var bad = _fleet.Client("viewer", "mallory");
        using var good = _fleet.Client("viewer", "bob");
        using var badChannel = Dial(agent, bad);
        using var goodChannel = Dial(agent, good);
        using var badWatch = new V1.VmService.VmServiceClient(badChannel).WatchVms(new(), cancellationToken: Cancellation);
        using var goodWatch = new V1.VmService.VmServiceClient(goodChannel).WatchVms(new(), cancellationToken: Cancellation);
        (await badWatch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        (await goodWatch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();

        // The file is watched; nobody has to tell the agent.
        File.WriteAllBytes(Path.Combine(_directory.Path, "crl.new"), _fleet.Revoke(bad));
        File.Move(Path.Combine(_directory.Path, "crl.new"), Path.Combine(_directory.Path, "crl.der"));

        await Should.ThrowAsync<RpcException>(() => badWatch.ResponseStream.MoveNext(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
        (await new V1.VmService.VmServiceClient(goodChannel).ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.ShouldBeEmpty();
        goodWatch.ResponseStream.MoveNext(Cancellation).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task New_certificate_is_shown_to_the_next_one_and_drops_no_stream()
    {
        await using var agent = await StartAsync();
        using var client = _fleet.Client("viewer");
        using var channel = Dial(agent, client);
        using var watch = new V1.VmService.VmServiceClient(channel).WatchVms(new(), cancellationToken: Cancellation);
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        var next = watch.ResponseStream.MoveNext(Cancellation);
        var store = agent.App.Services.GetRequiredService<CredentialStore>();
        var before = store.Current!.Certificate.SerialNumber;

        using var renewed = _fleet.Node();
        _fleet.Write(_directory.Path, renewed);
        store.Reload();

        store.Current!.Certificate.SerialNumber.ShouldNotBe(before);
        string? shown = null;
        using var http = Http(client, onServer: certificate => shown = certificate.SerialNumber);
        using var _ = await http.GetAsync(Address(agent), Cancellation);
        shown.ShouldBe(renewed.SerialNumber);
        next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Faulty_files_leave_what_was_in_force()
    {
        await using var agent = await StartAsync();
        var store = agent.App.Services.GetRequiredService<CredentialStore>();
        var before = store.Current;

        File.WriteAllText(Path.Combine(_directory.Path, "node.pem"), "nothing");
        store.Reload();

        store.Current.ShouldBeSameAs(before);
        store.Problem.ShouldContain("node.pem");
        (await new V1.NodeService.NodeServiceClient(agent.Channel).GetNodeAsync(new(), cancellationToken: Cancellation))
            .Conditions.Single(condition => condition.Type == "CertificateValid").Reason.ShouldBe("CredentialsFaulty");
    }

    [Fact]
    public async Task Compressed_request_is_refused_unread()
    {
        await using var agent = await StartAsync();
        using var certificate = _fleet.Client("admin");
        using var channel = Dial(agent, certificate);

        var refusal = await Should.ThrowAsync<RpcException>(async () => await new V1.VmService.VmServiceClient(channel).ListVmsAsync(
            new() { Filter = new string('x', 1000) }, new Metadata { { "grpc-internal-encoding-request", "gzip" } }, cancellationToken: Cancellation));

        refusal.StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task Metrics_by_mutual_tls_are_for_those_who_may()
    {
        await using var agent = await RunningAgent.StartAsync(options => WithRemote(options) with { Metrics = new MetricsOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), Tls = MetricsTls.On } });
        var address = new Uri(agent.App.Urls.Last().Replace("http://", "https://", StringComparison.Ordinal));
        using var scraper = _fleet.Client("metrics", "prometheus");
        using var viewer = _fleet.Client("viewer");
        using var good = Http(scraper, version: HttpVersion.Version11);
        using var bad = Http(viewer, version: HttpVersion.Version11);

        (await good.GetStringAsync(new Uri(address, "/metrics"), Cancellation)).ShouldContain("nodeagent_certificate_not_after_seconds");
        (await bad.GetAsync(new Uri(address, "/metrics"), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Caller_by_an_intermediate_authority_stays_when_connections_are_looked_at_again()
    {
        await using var agent = await StartAsync();
        using var below = _fleet.Below();
        using var client = below.Client("viewer");
        using var channel = RemoteClient.Dial(agent, client, below.Authority);
        var vms = new V1.VmService.VmServiceClient(channel);
        using var watch = vms.WatchVms(new(), cancellationToken: Cancellation);
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        var connections = agent.App.Services.GetRequiredService<RemoteConnections>();

        agent.App.Services.GetRequiredService<CredentialStore>().Reload();
        connections.Review();

        connections.Count.ShouldBe(1);
        await vms.ListVmsAsync(new(), cancellationToken: Cancellation);
        watch.ResponseStream.MoveNext(Cancellation).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Strangers_certificate_makes_the_agent_dial_nobody()
    {
        await using var agent = await StartAsync();
        using var other = new TestFleet();
        using var trap = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        using var stranger = other.Issue(wish => wish with { IssuerUrl = $"http://127.0.0.1:{((IPEndPoint)trap.LocalEndpoint).Port}/ca.der" });
        using var channel = RemoteClient.Dial(agent, stranger);

        await Should.ThrowAsync<RpcException>(async () => await new V1.VmService.VmServiceClient(channel).ListVmsAsync(new(), cancellationToken: Cancellation));

        (await agent.StopAsync()).ShouldContain("no authority of the fleet");
        trap.Pending().ShouldBeFalse();
    }

    public void Dispose()
    {
        _fleet.Dispose();
        _directory.Dispose();
    }

    private static Uri Address(RunningAgent agent) => new(agent.App.Urls.First(url => url.StartsWith("https://", StringComparison.Ordinal)));

    private HttpClient Http(X509Certificate2? certificate, SslProtocols protocols = SslProtocols.Tls13, Version? version = null, Action<X509Certificate2>? onServer = null) =>
        new(Handler(certificate, protocols, onServer))
        {
            DefaultRequestVersion = version ?? HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    private SocketsHttpHandler Handler(X509Certificate2? certificate, SslProtocols protocols = SslProtocols.Tls13, Action<X509Certificate2>? onServer = null) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = protocols,
            ClientCertificates = certificate is null ? [] : [certificate],
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                var server = (X509Certificate2)shown!;
                onServer?.Invoke(server);
                return _fleet.Trust().OfServer(server, null, TestFleet.Fleet, TimeProvider.System.GetUtcNow()).IsAccepted;
            },
        },
    };

    private GrpcChannel Dial(RunningAgent agent, X509Certificate2? certificate) =>
        GrpcChannel.ForAddress(Address(agent), new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });

    private static async Task NothingCameOfItAsync(RunningAgent agent)
    {
        ImmutableArray<AuditRecord> records = [];
        await FleetSteps.UntilAsync(async () => (records = await agent.Floor.Ledger.Audit.ReadAfterAsync(0, 10, Cancellation)).Length > 0);
        var record = records.ShouldHaveSingleItem().Fact;
        (record.Kind, record.Caller, record.Method, record.Result).ShouldBe((AuditKind.Refusal, "", "handshake", "UNAUTHENTICATED"));
        record.Detail.ShouldStartWith("The handshake came to nothing");
    }

    private Task<RunningAgent> StartAsync() => RunningAgent.StartAsync(WithRemote);

    private AgentOptions WithRemote(AgentOptions options)
    {
        var (certificate, key, authorities) = _fleet.WriteNode(_directory.Path);
        return options with
        {
            Remote = new RemoteOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, 0),
                Certificate = certificate,
                Key = key,
                Authorities = authorities,
                RevocationList = Path.Combine(_directory.Path, "crl.der"),
            },
        };
    }
}
