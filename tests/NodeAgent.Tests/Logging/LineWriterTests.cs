using System.Text;
using Microsoft.Extensions.Logging;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

public sealed class LineWriterTests
{
    [Fact]
    public async Task Messages_come_out_in_order_and_all_of_them_at_the_end()
    {
        using var output = new MemoryStream();
        await using (var writer = Begin(output))
        {
            for (var i = 0; i < 1000; i++)
            {
                writer.Write(Entry($"{i}"));
            }
        }

        Encoding.UTF8.GetString(output.ToArray()).ShouldBe(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n")));
    }

    [Fact]
    public async Task A_reader_who_stands_still_delays_nobody_and_lost_messages_are_counted_and_told()
    {
        using var gate = new SemaphoreSlim(0);
        using var output = new StuckStream(gate);
        await using (var writer = Begin(output))
        {
            for (var i = 0; i < 10_000; i++)
            {
                writer.Write(Entry("line"));
            }

            writer.Dropped.ShouldBeGreaterThan(5_000);
            gate.Release(int.MaxValue);
        }

        Encoding.UTF8.GetString(output.ToArray()).ShouldContain(" log messages were dropped because nobody read them\n");
    }

    private static LineWriter Begin(Stream output) =>
        new(new StreamOutput(output), static entry => Encoding.UTF8.GetBytes($"{entry.Message}\n"), TimeProvider.System);

    private static LogEntry Entry(string message) => new(DateTimeOffset.UnixEpoch, LogLevel.Information, "NodeAgent.X", message);

    private sealed class StuckStream(SemaphoreSlim gate) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await gate.WaitAsync(cancellationToken);
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
