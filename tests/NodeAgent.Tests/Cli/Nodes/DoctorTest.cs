using System.Net.Sockets;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Nodes;

public sealed class DoctorTest
{
    [Theory]
    [InlineData(ConditionStatus.True, ConditionSeverity.Info, 0, "✓")]
    [InlineData(ConditionStatus.True, ConditionSeverity.Error, 0, "✓")]
    [InlineData(ConditionStatus.False, ConditionSeverity.Info, 0, "·")]
    [InlineData(ConditionStatus.False, ConditionSeverity.Warning, 1, "!")]
    [InlineData(ConditionStatus.False, ConditionSeverity.Error, 2, "✗")]
    [InlineData(ConditionStatus.Unknown, ConditionSeverity.Error, 2, "✗")]
    public async Task The_worst_condition_decides(ConditionStatus status, ConditionSeverity severity, int code, string mark)
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Node.Node.Conditions.Add(new Condition { Type = "QemuReady", Status = ConditionStatus.True, Severity = ConditionSeverity.Info, Message = "fine", Reason = "Probed" });
        agent.Node.Node.Conditions.Add(new Condition { Type = "KvmReady", Status = status, Severity = severity, Message = "only emulates", Reason = "EmulatedOnly", Remedy = "use another host" });
        var result = (await agent.RunAsync("doctor")).ShouldEndWith(code);
        result.Out.ShouldContain($"{mark} KvmReady");
        result.Out.Contains("→ use another host", StringComparison.Ordinal).ShouldBe(code > 0);
    }

    [Fact]
    public async Task Long_texts_stay_in_their_column_on_a_terminal_and_in_one_line_elsewhere()
    {
        await using var agent = await FakeAgent.StartAsync();
        var message = string.Join(' ', Enumerable.Repeat("word", 40));
        agent.Node.Node.Conditions.Add(new Condition { Type = "KvmReady", Status = ConditionStatus.False, Severity = ConditionSeverity.Error, Message = message, Reason = "EmulatedOnly", Remedy = message });

        (await agent.RunAsync("doctor")).Out.ShouldContain(message);
        var shown = await CliResult.RunAsync(new CliInput { OutputIsTerminal = true, Width = 60, Environment = { ["NO_COLOR"] = "1" } }, "doctor", "--host", $"unix:{agent.Socket}");

        var lines = shown.Out.Split('\n');
        lines.Where(line => line.Length > 60 && !line.Contains(agent.Socket, StringComparison.Ordinal)).ShouldBeEmpty();
        lines.Count(line => line.StartsWith("              word", StringComparison.Ordinal)).ShouldBeGreaterThan(3, shown.Out);
        lines.Count(line => line.StartsWith("            → word", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_new_look_is_taken_where_asked_for()
    {
        await using var agent = await FakeAgent.StartAsync();
        await agent.RunAsync("doctor", "--refresh");
        agent.Node.Refreshed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_missing_socket_is_told_with_a_remedy()
    {
        using var folder = new TemporaryDirectory();
        var result = await CliResult.RunAsync(new CliInput(), "doctor", "--host", $"unix:{folder.Path}/api.sock");
        result.ShouldEndWith(ExitCode.Unreachable).Out.ShouldContain($"✗ Agent  there is no socket {folder.Path}/api.sock");
        result.Out.ShouldContain("→ Start it with 'systemctl start nodeagentd'");
    }

    [Fact]
    public async Task A_socket_without_a_listener_is_told_apart()
    {
        using var folder = new TemporaryDirectory();
        var path = $"{folder.Path}/api.sock";
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            (await CliResult.RunAsync(new CliInput(), "doctor", "--host", $"unix:{path}")).ShouldEndWith(ExitCode.Unreachable).Out.ShouldContain("connection refused");
            (await CliResult.RunAsync(new CliInput(), "vm", "list", "--host", $"unix:{path}")).ShouldEndWith(ExitCode.Unreachable).Error.ShouldStartWith("error: connection refused");
        }
    }

    [Fact]
    public async Task A_forbidden_socket_is_told_with_its_owner()
    {
        // Root may open any socket, so the refusal itself is given; what is made of it is looked at.
        await using var agent = await FakeAgent.StartAsync();
        var reason = await NodeAgent.Cli.Transport.Unreachable.ExplainAsync(
            new NodeAgent.Cli.Transport.UnixAddress(agent.Socket), SocketError.AccessDenied, TestContext.Current.CancellationToken);
        reason.ExitCode.ShouldBe(ExitCode.Permission);
        reason.Problem.ShouldContain("owner '");
        reason.Problem.ShouldContain("group '");
        reason.Remedy.ShouldContain("usermod -aG");
    }
}
