using System.Text.Json;
using NodeAgent.Manager.V1;
using NodeAgent.V1;
using ReferenceManager.Commands;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>The manager's command line, which tests and demos drive.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private TestFleet _fleet = null!;

    public async ValueTask InitializeAsync() => _fleet = await TestFleet.StartAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task A_token_is_the_only_line()
    {
        var (code, output, _) = await RunAsync("token", "--ttl", "5m");

        code.ShouldBe(0);
        var lines = output.Split('\n');
        lines.Length.ShouldBe(2);
        lines[1].ShouldBeEmpty();
        TestNode.ReadToken(lines[0]).ExpireTime.ToDateTimeOffset().ShouldBe(_fleet.Time.GetUtcNow().AddMinutes(5));
    }

    [Fact]
    public async Task A_token_by_hand_tells_whom_to_trust_and_holds_no_secret()
    {
        var (code, output, _) = await RunAsync("token", "--by-hand");

        code.ShouldBe(0);
        var token = TestNode.ReadToken(output.Trim());
        token.Secret.ShouldBeEmpty();
        token.CaPins.Count.ShouldBe(1);
        token.Endpoints.ShouldBe([_fleet.Endpoint]);
    }

    [Fact]
    public async Task Nodes_and_vms_are_tables_or_json()
    {
        using var node = await _fleet.JoinAsync("berlin-1");
        using var session = await node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
        await session.SendLeaseAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
        var vm = new Vm { Id = "1", Name = "web", Status = new VmStatus { State = VmState.Running } };
        await session.SendInventoryAsync(new Inventory { Generation = 1, Whole = true, Vms = { vm } });
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory);

        var (_, table, _) = await RunAsync("nodes");
        table.Split('\n')[0].ShouldStartWith("NAME      ID ");
        table.Split('\n')[1].ShouldStartWith($"berlin-1  {node.Id}  connected  0ms    1    1        ");
        using var json = JsonDocument.Parse((await RunAsync("nodes", "--json")).Output);
        var shown = json.RootElement.GetProperty("nodes")[0];
        shown.GetProperty("state").GetString().ShouldBe("connected");
        shown.GetProperty("certificateSerial").GetString().ShouldBe(node.Certificate!.SerialNumber);
        shown.GetProperty("eventsLost").GetString().ShouldBe("0");
        (await RunAsync("vms", "berlin-1")).Output.Split('\n')[1].ShouldBe("berlin-1  web   1   running  now");
    }

    [Fact]
    public async Task A_certificate_comes_as_three_files_and_its_key_on_no_screen()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "alice");

        var (code, output, _) = await RunAsync("cert", "issue", "--role", "operator", "--name", "alice", "--out", path, "--json");

        code.ShouldBe(0);
        output.ShouldNotContain("PRIVATE KEY");
        File.GetUnixFileMode(Path.Combine(path, "key.pem")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(
            Path.Combine(path, "cert.pem"), Path.Combine(path, "key.pem"));
        certificate.HasPrivateKey.ShouldBeTrue();
        (await RunAsync("revoke", certificate.SerialNumber)).Output.ShouldBe("revoked 1, trust version 2\n");
    }

    [Fact]
    public async Task Connected_nodes_are_told_of_other_endpoints()
    {
        using var node = await _fleet.JoinAsync();
        using var session = await node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);

        (await RunAsync("announce", "a:1", "[::1]:2")).Output.ShouldBe("told 1\n");

        (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateEndpoints)).UpdateEndpoints.Endpoints.ShouldBe(["a:1", "[::1]:2"]);
        await RunAsync("announce", "a:1", "--after", "1h");
        (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateEndpoints)).UpdateEndpoints.MoveTime.ToDateTimeOffset().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddMinutes(59));
    }

    [Theory]
    [InlineData(1, "no node has the id", "revoke", "nobody")]
    [InlineData(1, "no length of time", "token", "--ttl", "soon")]
    [InlineData(1, "a node's is issued when it enrols", "cert", "issue", "--role", "node", "--name", "x", "--out", "/nowhere")]
    [InlineData(2, "Unrecognized", "nodes", "--colour")]
    public async Task What_is_wrong_is_said(int code, string words, params string[] arguments)
    {
        var said = await RunAsync(arguments);
        said.Code.ShouldBe(code);
        said.Errors.ShouldContain(words);
    }

    [Fact]
    public async Task Where_no_manager_runs_somebody_says_so()
    {
        using var directory = new TemporaryDirectory();
        using var errors = new StringWriter();
        (await CommandTree.RunAsync(["nodes", "--data", directory.Path], TextWriter.Null, errors)).ShouldBe(1);
        errors.ToString().ShouldContain("no manager runs on");
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5s", 1.5)]
    [InlineData("15m", 900)]
    [InlineData("1h", 3600)]
    [InlineData("90d", 7_776_000)]
    public void A_length_of_time_is_written_as_people_do(string text, double seconds)
    {
        Span.Parse(text).ShouldBe(TimeSpan.FromSeconds(seconds));
        Span.Format(Span.Parse(text)).ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("10")]
    [InlineData("-1s")]
    [InlineData("0s")]
    [InlineData("1w")]
    public void Anything_else_is_none(string text) => Should.Throw<FormatException>(() => Span.Parse(text));

    private async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await CommandTree.RunAsync([.. arguments, "--data", _fleet.Directory], output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
