using System.Diagnostics;
using NodeAgent.Manager.V1;
using ReferenceManager.Addresses;
using ReferenceManager.Commands;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>The manager as the program that it is.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_acknowledged_survives_a_kill()
    {
        long acknowledged = 0;
        TestNode node;
        string endpoint;
        await using (await StartAsync("127.0.0.1:0"))
        {
            endpoint = await File.ReadAllTextAsync(ReadyFile);
            node = new TestNode(endpoint.Trim(), TimeProvider.System, "host");
            node.Accept((await node.EnrolAsync(await TokenAsync())).Issued);
            using var session = await node.OpenSessionAsync();
            await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
            for (var sequence = 1; sequence <= 50; sequence++)
            {
                await session.SendEventsAsync(sequence);
            }

            for (; acknowledged < 20; acknowledged++)
            {
                (await session.NextAsync(OpenSessionResponse.ItemOneofCase.Events)).Events.Sequence.ShouldBe(acknowledged + 1);
            }

            // SIGKILL, in the midst of what it had to write.
        }

        // The same port, the same data: the node finds its manager where it was.
        await using var second = await StartAsync(endpoint.Trim());
        using var again = await node.OpenSessionAsync();
        (await again.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome)).Welcome.AcknowledgedEvent.ShouldBeInRange(acknowledged, 50);
        node.Dispose();
    }

    [Fact]
    public async Task A_second_manager_keeps_away_from_the_data()
    {
        await using var first = await StartAsync("127.0.0.1:0");
        HostPort.Parse((await File.ReadAllTextAsync(ReadyFile)).Trim()).Port.ShouldBeGreaterThan(0);

        using var errors = new StringWriter();
        (await CommandTree.RunAsync(["serve", "--data", Data, "--listen", "127.0.0.1:0"], TextWriter.Null, errors)).ShouldBe(1);
        errors.ToString().ShouldContain("another manager runs");

        using (var term = Process.Start("kill", ["-TERM", $"{first.Process.Id}"]))
        {
            await term.WaitForExitAsync().WaitAsync(s_patience);
        }

        await first.Process.WaitForExitAsync().WaitAsync(s_patience);
        first.Process.ExitCode.ShouldBe(0);
    }

    private string Data => Path.Combine(_directory.Path, "data");

    private string ReadyFile => Path.Combine(_directory.Path, "ready");

    private async Task<string> TokenAsync()
    {
        using var output = new StringWriter();
        (await CommandTree.RunAsync(["token", "--data", Data], output, TextWriter.Null)).ShouldBe(0);
        return output.ToString().Trim();
    }

    private async Task<Running> StartAsync(string listen)
    {
        var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "reference-manager"))
        {
            ArgumentList = { "serve", "--data", Data, "--listen", listen, "--ready-file", ReadyFile },
            RedirectStandardOutput = true,
        })!;
        var running = new Running(process);
        // The line comes after the file.
        string? line;
        while ((line = await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience)) is not null && !line.Contains("ready at"))
        {
        }

        line.ShouldNotBeNull();
        _ = process.StandardOutput.ReadToEndAsync();
        return running;
    }

    /// <summary>Killed when it is no longer needed.</summary>
    private sealed record Running(Process Process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Process.Kill();
            await Process.WaitForExitAsync().WaitAsync(s_patience);
            Process.Dispose();
        }
    }
}
