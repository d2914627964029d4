using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, 5, TimeSpan.Zero);

    [Fact]
    public void Text_for_people_has_time_level_and_category() =>
        Text(LogLine.Text, "hello").ShouldBe("2026-01-02T12:00:00.005Z warn  Rpc.VmService: hello\n");

    [Fact]
    public void Text_for_the_journals_stream_has_a_priority_and_no_time() => Text(LogLine.Prefixed, "hello").ShouldBe("<4>Rpc.VmService: hello\n");

    [Fact]
    public void A_message_can_forge_neither_a_line_nor_a_terminal_sequence() =>
        Text(LogLine.Prefixed, "a\n<0>b\r\u001b[31m\u0085c").ShouldBe("<4>Rpc.VmService: a\\n<0>b\\r\\u001b[31m\\u0085c\n");

    [Fact]
    public void An_exception_stays_on_the_line()
    {
        var line = Encoding.UTF8.GetString(LogLine.Text(
            new LogEntry(Noon, LogLevel.Error, "X", "failed") { Error = new InvalidOperationException("why\nthat") }));

        line.Count(c => c == '\n').ShouldBe(1);
        line.ShouldContain("failed | System.InvalidOperationException: why\\nthat");
    }

    [Fact]
    public void Json_has_the_fields_by_name()
    {
        var line = LogLine.Json(new LogEntry(Noon, LogLevel.Information, "NodeAgent.Rpc", "StartVm web")
        {
            Event = "Mutation",
            Fields = [new("Method", "StartVm"), new("Milliseconds", 1.5)],
        });

        using var json = JsonDocument.Parse(line);
        json.RootElement.ToString().ShouldBe(
            """{"time":"2026-01-02T12:00:00.005Z","level":"info","category":"Rpc","event":"Mutation","message":"StartVm web","method":"StartVm","milliseconds":1.5}""");
        line[^1].ShouldBe((byte)'\n');
        line.Count(b => b == '\n').ShouldBe(1);
    }

    private static string Text(Func<LogEntry, byte[]> form, string message) =>
        Encoding.UTF8.GetString(form(new LogEntry(Noon, LogLevel.Warning, "NodeAgent.Rpc.VmService", message)));
}
