using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Cli.Errors;
using NodeAgent.Configuration;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Cli.Transport;

/// <summary>nodectl and a node elsewhere: the daemon's own listener, and certificates good and bad.</summary>
public sealed class RemoteNodeTest : IDisposable
{
    private readonly TestFleet _fleet = new();
    private readonly TemporaryDirectory _node = new();
    private readonly TemporaryDirectory _home = new();

    public void Dispose()
    {
        _fleet.Dispose();
        _node.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task A_node_elsewhere_is_asked_with_the_files_in_the_users_folder()
    {
        await using var agent = await StartAsync();
        WriteUser(_fleet.Client("viewer"));

        var result = (await RunAsync("--host", Host(agent), "vm", "list")).ShouldEndWith(ExitCode.Ok);

        result.Error.ShouldBe("");
        (await RunAsync("--host", Host(agent), "doctor")).Out.ShouldContain($"answers at {Host(agent)}");
    }

    [Fact]
    public async Task The_nearest_word_counts_file_by_file()
    {
        await using var agent = await StartAsync();
        WriteUser(_fleet.Client("viewer", "folder"));
        using var other = _fleet.Client("viewer", "option");
        var folder = Directory.CreateDirectory(Path.Combine(_home.Path, "option")).FullName;
        var (certificate, key, _) = _fleet.Write(folder, other);
        var environment = new Dictionary<string, string> { ["NODECTL_HOST"] = Host(agent), ["NODECTL_CERTIFICATE"] = "/nowhere.pem", ["NODECTL_KEY"] = key };

        // The authorities come from the folder, the key from the environment.
        var refusal = await RunAsync(environment, "--certificate", certificate, "vm", "delete", "web");

        refusal.ShouldEndWith(ExitCode.Permission).Error.ShouldContain("viewer:option may not call VmService/DeleteVm");
        refusal.Error.ShouldContain("policy.conf on the node");
    }

    [Fact]
    public async Task A_context_may_demand_one_node_and_no_other()
    {
        await using var agent = await StartAsync();
        WriteUser(_fleet.Client("viewer"));
        (await RunAsync("context", "set", "good", "--host", Host(agent), "--node", "8e7f1f5e-0000-4000-8000-000000000001")).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("context", "set", "bad", "--host", Host(agent), "--node", "8e7f1f5e-0000-4000-8000-000000000002")).ShouldEndWith(ExitCode.Ok);

        (await RunAsync("--context", "good", "vm", "list")).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("--context", "bad", "vm", "list")).ShouldEndWith(ExitCode.Unreachable).Error
            .ShouldContain("the wrong node answers at " + Host(agent) + ": 8e7f1f5e-0000-4000-8000-000000000001, and the context says 8e7f1f5e-0000-4000-8000-000000000002");
    }

    public static TheoryData<string, string> FalseNodes => new()
    {
        { "client-only", "is not for servers" },
        { "no-node", "is no node: its certificate" },
        { "other-fleet", "is a node of the fleet 'other', and your certificate is of the fleet 'test'" },
        { "expired", "the certificate of the node at " },
        { "other-authority", "was issued by no authority that you trust (CN=Test Fleet Authority)" },
    };

    [Theory]
    [MemberData(nameof(FalseNodes))]
    public async Task What_is_no_node_of_the_fleet_gets_no_request(string who, string why)
    {
        using var stranger = new TestFleet("Somebody Else");
        string[] node = [$"nodeagent://{TestFleet.Fleet}/node/n1"], both = [TestFleet.ServerUsage, TestFleet.ClientUsage];
        using var shown = who switch
        {
            "client-only" => _fleet.Issue(wish => wish with { Uris = node, Usages = [TestFleet.ClientUsage] }),
            "no-node" => _fleet.Issue(wish => wish with { Uris = [$"nodeagent://{TestFleet.Fleet}/manager/m1"], Usages = both }),
            "other-fleet" => _fleet.Issue(wish => wish with { Uris = ["nodeagent://other/node/n1"], Usages = both }),
            "expired" => _fleet.Issue(wish => wish with { Uris = node, Usages = both, NotAfter = TimeProvider.System.GetUtcNow().AddSeconds(-5) }),
            _ => stranger.Issue(wish => wish with { Uris = node, Usages = both }),
        };
        await using var server = await AnyServer.StartAsync(shown);
        WriteUser(_fleet.Client("viewer"));

        var result = await RunAsync("--host", server.Address, "vm", "list");

        result.ShouldEndWith(ExitCode.Unreachable).Error.ShouldContain(why);
        server.Requests.ShouldBe(0);
    }

    [Theory]
    [InlineData("revoked")]
    [InlineData("other-authority")]
    public async Task A_certificate_that_the_node_refuses_is_told_as_such(string who)
    {
        using var stranger = new TestFleet();
        using var mine = who == "revoked" ? _fleet.Client("admin", "mallory") : stranger.Client("admin", "mallory");
        if (who == "revoked")
        {
            await File.WriteAllBytesAsync(Path.Combine(_node.Path, "crl.der"), _fleet.Revoke(mine), TestContext.Current.CancellationToken);
        }

        await using var agent = await StartAsync();
        WriteUser(mine);

        (await RunAsync("--host", Host(agent), "vm", "list")).ShouldEndWith(ExitCode.Permission).Error
            .ShouldStartWith($"error: the node at {Host(agent)} refused your certificate (admin mallory of the fleet 'test'); its log says why");
    }

    [Fact]
    public async Task An_ended_certificate_of_ones_own_is_told_before_anything_is_dialled()
    {
        WriteUser(_fleet.Issue(wish => wish with { NotAfter = TimeProvider.System.GetUtcNow().AddSeconds(-5) }));

        (await RunAsync("--host", "127.0.0.1:1", "vm", "list")).ShouldEndWith(ExitCode.Permission).Error.ShouldContain("cert.pem ended at ");
    }

    [Fact]
    public async Task Without_a_certificate_it_is_said_where_one_may_lie()
    {
        var result = (await RunAsync("--host", "127.0.0.1:1", "vm", "list")).ShouldEndWith(ExitCode.Usage);

        result.Error.ShouldContain("no file for --certificate is known");
        result.Error.ShouldContain("NODECTL_CERTIFICATE");
    }

    [Fact]
    public async Task A_port_on_which_nobody_listens_is_told()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        WriteUser(_fleet.Client("viewer"));

        // Bound and not listening: refused, and nobody else can take it meanwhile.
        (await RunAsync("--host", $"127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}", "vm", "list")).ShouldEndWith(ExitCode.Unreachable).Error
            .ShouldStartWith("error: connection refused: nobody listens at 127.0.0.1:");
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_warned_of_and_used()
    {
        await using var agent = await StartAsync();
        WriteUser(_fleet.Client("viewer"));
        var key = Path.Combine(_home.Path, "nodectl", "key.pem");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        (await RunAsync("--host", Host(agent), "vm", "list")).ShouldEndWith(ExitCode.Ok).Error.ShouldBe($"warning: the key {key} can be read by others; 'chmod 600 {key}' mends it\n");
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_told()
    {
        using var other = _fleet.Client("viewer");
        WriteUser(_fleet.Client("viewer"));
        var (_, key, _) = _fleet.Write(_home.Path, other);

        (await RunAsync("--host", "127.0.0.1:1", "--key", key, "vm", "list")).ShouldEndWith(ExitCode.Usage).Error.ShouldContain($"the key cannot be read: {key}");
    }

    private static string Host(RunningAgent agent) => new Uri(agent.App.Urls.First(url => url.StartsWith("https://", StringComparison.Ordinal))).Authority;

    private Task<RunningAgent> StartAsync()
    {
        var (certificate, key, authorities) = _fleet.WriteNode(_node.Path);
        return RunningAgent.StartAsync(options => options with
        {
            Remote = new RemoteOptions
            {
                Listen = new IPEndPoint(IPAddress.Loopback, 0),
                Certificate = certificate,
                Key = key,
                Authorities = authorities,
                RevocationList = Path.Combine(_node.Path, "crl.der"),
            },
        });
    }

    private void WriteUser(X509Certificate2 certificate)
    {
        using (certificate)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_home.Path, "nodectl")).FullName;
            var (written, key, authorities) = _fleet.Write(folder, certificate);
            File.Move(written, Path.Combine(folder, "cert.pem"));
            File.Move(key, Path.Combine(folder, "key.pem"));
            File.Move(authorities, Path.Combine(folder, "ca.pem"), overwrite: true);
            File.SetUnixFileMode(Path.Combine(folder, "key.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private Task<CliResult> RunAsync(params string[] arguments) => RunAsync([], arguments);

    private Task<CliResult> RunAsync(Dictionary<string, string> environment, params string[] arguments) =>
        CliResult.RunAsync(new CliInput { Environment = new(environment) { ["XDG_CONFIG_HOME"] = _home.Path } }, arguments);

    /// <summary>A TLS server with any certificate, which counts the connections on which something came.</summary>
    private sealed class AnyServer : IAsyncDisposable
    {
        private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _end = new();
        private Task _serving = Task.CompletedTask;
        private int _requests;

        public int Requests => Volatile.Read(ref _requests);

        public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

        public static Task<AnyServer> StartAsync(X509Certificate2 certificate)
        {
            var node = new AnyServer();
            node._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            node._listener.Listen();
            node._serving = node.ServeAsync(certificate);
            return Task.FromResult(node);
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
            await _serving;
            _end.Dispose();
        }

        private async Task ServeAsync(X509Certificate2 certificate)
        {
            while (!_end.IsCancellationRequested)
            {
                try
                {
                    using var connection = await _listener.AcceptAsync(_end.Token);
                    await using var tls = new System.Net.Security.SslStream(new NetworkStream(connection, ownsSocket: false));
                    await tls.AuthenticateAsServerAsync(new System.Net.Security.SslServerAuthenticationOptions
                    {
                        ServerCertificate = certificate,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, client, _, _) => client is not null,
                        ApplicationProtocols = [System.Net.Security.SslApplicationProtocol.Http2],
                        EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls13,
                    }, _end.Token);
                    if (await tls.ReadAsync(new byte[1], _end.Token) > 0)
                    {
                        Interlocked.Increment(ref _requests);
                    }
                }
                catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
                {
                    // The client went away, as it should.
                }
            }
        }
    }
}
