using System.Text;
using Microsoft.Extensions.Logging;
using NodeAgent.Configuration;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

#pragma warning disable CA1848, CA2254 // Tests of the provider, not of its speed.
public sealed class LineLoggerTests
{
    [Theory]
    [InlineData("NodeAgent.Vms", LogLevel.Information, "Info", true)]
    [InlineData("NodeAgent.Vms", LogLevel.Debug, "Info", false)]
    [InlineData("NodeAgent.Vms", LogLevel.Debug, "Debug", true)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Information, "Debug", false)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Information, "Trace", true)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning, "Info", true)]
    [InlineData("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Error, "Info", false)]
    [InlineData("NodeAgent.Vms", LogLevel.None, "Trace", false)]
    public async Task Levels(string category, LogLevel message, string level, bool expected)
    {
        await using var writer = new LineWriter(new StreamOutput(Stream.Null), LogLine.Text, TimeProvider.System);
        using var provider = new LineLoggerProvider(writer, TimeProvider.System);
        provider.Follow(new AgentOptions { LogLevel = Enum.Parse<LogLevelChoice>(level) });

        provider.CreateLogger(category).IsEnabled(message).ShouldBe(expected);
    }

    [Fact]
    public async Task A_changed_level_holds_for_loggers_that_are_there()
    {
        var text = await WriteAsync(LogLine.Json, provider =>
        {
            var log = provider.CreateLogger("NodeAgent.X");
            log.LogDebug("unseen");
            provider.Follow(new AgentOptions { LogLevel = LogLevelChoice.Debug });
            log.LogDebug("seen + \"quoted\"");
        });

        text.ShouldNotContain("unseen");
        text.ShouldContain("\"message\":\"seen + \\\"quoted\\\"\"");
    }

    [Fact]
    public async Task What_is_logged_within_a_scope_carries_its_fields_and_its_own_count_more()
    {
        var text = await WriteAsync(LogLine.Json, provider =>
        {
            var log = provider.CreateLogger("NodeAgent.X");
            using (log.BeginScope(Scope(("VmName", "outer"), ("VmId", "1"))))
            using (log.BeginScope(Scope(("VmName", "inner"), ("Empty", ""))))
            {
                log.LogInformation("first");
                log.LogInformation("second {VmName}", "own");
            }

            log.LogInformation("third");
        });

        var lines = text.Split('\n');
        lines[0].ShouldEndWith("\"message\":\"first\",\"vm_name\":\"inner\",\"vm_id\":\"1\"}");
        lines[1].ShouldEndWith("\"message\":\"second own\",\"vm_name\":\"own\",\"vm_id\":\"1\"}");
        lines[2].ShouldEndWith("\"message\":\"third\"}");
    }

    [Fact]
    public async Task Scopes_of_the_framework_are_not_taken_for_ours()
    {
        var text = await WriteAsync(LogLine.Json, provider =>
        {
            using (provider.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").BeginScope(Scope(("RequestId", "0HN:1"))))
            {
                provider.CreateLogger("NodeAgent.X").LogInformation("hello");
            }
        });

        text.ShouldNotContain("0HN:1");
    }

    [Fact]
    public async Task A_line_that_does_not_name_its_VM_is_given_the_name()
    {
        var text = await WriteAsync(LogLine.Text, provider =>
        {
            var log = provider.CreateLogger("NodeAgent.X");
            using (log.BeginScope(Scope(("VmName", "web"))))
            {
                log.LogWarning("QMP peer sent what is not QMP");
                log.LogInformation("VM web: started");
            }
        });

        text.Split('\n')[0].ShouldEndWith("X: QMP peer sent what is not QMP (VM web)");
        text.Split('\n')[1].ShouldEndWith("X: VM web: started");
    }

    private static List<KeyValuePair<string, object?>> Scope(params (string Name, string Value)[] fields) =>
        [.. fields.Select(field => new KeyValuePair<string, object?>(field.Name, field.Value))];

    private static async Task<string> WriteAsync(Func<LogEntry, byte[]> form, Action<LineLoggerProvider> write)
    {
        using var output = new MemoryStream();
        await using (var writer = new LineWriter(new StreamOutput(output), form, TimeProvider.System))
        {
            using var provider = new LineLoggerProvider(writer, TimeProvider.System);
            write(provider);
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
