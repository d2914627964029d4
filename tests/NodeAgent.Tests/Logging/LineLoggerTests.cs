using System.Text;
using Microsoft.Extensions.Logging;
using NodeAgent.Configuration;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

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
        await using var writer = new LineWriter(Stream.Null);
        using var provider = new LineLoggerProvider(writer, LogFormat.Text, false, TimeProvider.System);
        provider.Follow(new AgentOptions { LogLevel = Enum.Parse<LogLevelChoice>(level) });

        provider.CreateLogger(category).IsEnabled(message).ShouldBe(expected);
    }

    [Fact]
    public async Task A_changed_level_holds_for_loggers_that_are_there()
    {
        using var output = new MemoryStream();
        await using (var writer = new LineWriter(output))
        {
            using var provider = new LineLoggerProvider(writer, LogFormat.Json, false, TimeProvider.System);
            var log = provider.CreateLogger("NodeAgent.X");
#pragma warning disable CA1848, CA2254 // A test of the provider, not of its speed.
            log.LogDebug("unseen");
            provider.Follow(new AgentOptions { LogLevel = LogLevelChoice.Debug });
            log.LogDebug("seen + \"quoted\"");
#pragma warning restore CA1848, CA2254
        }

        var text = Encoding.UTF8.GetString(output.ToArray());
        text.ShouldNotContain("unseen");
        text.ShouldContain("\"message\":\"seen + \\\"quoted\\\"\"");
    }
}
