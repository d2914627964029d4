using NodeAgent.Cli.Errors;

namespace NodeAgent.Tests.Cli.Contexts;

public sealed class ContextTest : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_context_is_set_used_and_forgotten()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        (await RunAsync("context", "set", "lab", "--host", "unix:" + agent.Socket)).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("context", "set", "other", "--host", "unix:/nowhere")).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("context", "use", "lab")).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("context", "list")).Out.ShouldBe($"   CONTEXT  HOST\n*  lab      unix:{agent.Socket}\n   other    unix:/nowhere\n");
        (await RunAsync("vm", "list", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("web\n");
        (await RunAsync("--context", "other", "vm", "list")).ShouldEndWith(ExitCode.Unreachable);
        (await RunAsync("context", "delete", "lab")).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("context", "list", "-o", "name")).Out.ShouldBe("other\n");
    }

    [Fact]
    public async Task The_environment_goes_before_the_context_in_use()
    {
        await using var agent = await FakeAgent.StartAsync();
        await RunAsync("context", "set", "gone", "--host", "unix:/nowhere");
        await RunAsync("context", "use", "gone");
        var input = new CliInput { Environment = { ["XDG_CONFIG_HOME"] = _home.Path, ["NODECTL_HOST"] = "unix:" + agent.Socket } };
        (await CliResult.RunAsync(input, "vm", "list")).ShouldEndWith(ExitCode.Ok);
    }

    [Theory]
    [InlineData(ExitCode.NotFound, "context", "use", "nobody")]
    [InlineData(ExitCode.NotFound, "context", "delete", "nobody")]
    [InlineData(ExitCode.Usage, "context", "set", "lab")]
    [InlineData(ExitCode.Usage, "context", "set", "lab", "--host", "tcp://1:2")]
    [InlineData(ExitCode.Usage, "context", "set", "lab", "--host", "unix:/a", "--node", "x")]
    public async Task Mistakes_have_exit_codes(int code, params string[] arguments) => (await RunAsync(arguments)).ShouldEndWith(code);

    [Fact]
    public async Task A_file_that_is_not_understood_is_told_by_line()
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_home.Path, "nodectl")).FullName, "config.yaml");
        await File.WriteAllTextAsync(file, "current: a\nhosts: {}\n", TestContext.Current.CancellationToken);
        (await RunAsync("vm", "list")).ShouldEndWith(ExitCode.Usage).Error.ShouldBe($"error: {file}:2: hosts: expected 'current' and 'contexts'\n");
    }

    [Fact]
    public async Task A_context_of_a_node_elsewhere_keeps_what_belongs_to_it()
    {
        var file = Path.Combine(_home.Path, "nodectl", "config.yaml");
        (await RunAsync("context", "set", "far", "--host", "[2001:db8::7]:9465", "--certificate", "/a/c.pem", "--key", "/a/k.pem", "--authorities", "/a/ca.pem", "--node", "8e7f"))
            .ShouldEndWith(ExitCode.Ok).Out.ShouldBe("far: [2001:db8::7]:9465\n");
        (await RunAsync("context", "set", "other", "--host", "unix:/nowhere")).ShouldEndWith(ExitCode.Ok);

        var read = NodeAgent.Cli.Transport.ContextFile.Load(name => name == "XDG_CONFIG_HOME" ? _home.Path : null)["far"];
        read.Address.ToString().ShouldBe("[2001:db8::7]:9465");
        read.Node.ShouldBe("8e7f");
        read.Credentials.ShouldBe(new("/a/c.pem", "/a/k.pem", "/a/ca.pem"));
        (await RunAsync("context", "use", "far")).ShouldEndWith(ExitCode.Ok);
        (await RunAsync("vm", "list")).ShouldEndWith(ExitCode.Usage).Error.ShouldStartWith("error: the certificate cannot be read: /a/c.pem:");

        await File.WriteAllTextAsync(file, "contexts:\n  far:\n    host: a:1\n    cert: c.pem\n", TestContext.Current.CancellationToken);
        (await RunAsync("vm", "list")).ShouldEndWith(ExitCode.Usage).Error.ShouldContain("config.yaml:4: contexts.far.cert: expected a value for 'host'");
    }

    private Task<CliResult> RunAsync(params string[] arguments) =>
        CliResult.RunAsync(new CliInput { Environment = { ["XDG_CONFIG_HOME"] = _home.Path } }, arguments);
}
