using System.Text;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

public sealed class LineWriterTests
{
    [Fact]
    public async Task Lines_come_out_in_order_and_all_of_them_at_the_end()
    {
        using var output = new MemoryStream();
        await using (var writer = new LineWriter(output))
        {
            for (var i = 0; i < 1000; i++)
            {
                writer.Write(Encoding.UTF8.GetBytes($"{i}\n"));
            }
        }

        Encoding.UTF8.GetString(output.ToArray()).ShouldBe(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n")));
    }

    [Fact]
    public async Task A_reader_who_stands_still_delays_nobody_and_lost_lines_are_counted()
    {
        using var gate = new SemaphoreSlim(0);
        using var output = new StuckStream(gate);
        await using var writer = new LineWriter(output);

        for (var i = 0; i < 10_000; i++)
        {
            writer.Write("line\n"u8.ToArray());
        }

        writer.Dropped.ShouldBeGreaterThan(5_000);
        gate.Release(int.MaxValue);
    }

    private sealed class StuckStream(SemaphoreSlim gate) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await gate.WaitAsync(cancellationToken);
    }
}
