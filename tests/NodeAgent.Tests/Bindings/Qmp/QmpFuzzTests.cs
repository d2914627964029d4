using System.Text;
using CsCheck;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Bindings.Qmp.Events;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>
/// Transcripts cut at random places, and mutated ones. Whatever comes: the read loop ends with a reason, every command
/// is completed, the events end, and nobody waits longer than a moment. A stream that once failed goes to
/// <c>Corpus/</c>, whose files are all tried first.
/// </summary>
public sealed class QmpFuzzTests
{
    private static readonly string[] Lines =
    [
        """{"return": {}, "id": 2}""",
        """{"return": {"status": "running", "singlestep": false, "running": true}, "id": 3}""",
        """{"id": 4, "error": {"class": "GenericError", "desc": "no \u00e9\ud83d\ude00 \"quoted\\\" end"}}""",
        """{"timestamp": {"seconds": 1795470037, "microseconds": 760149}, "event": "RESUME"}""",
        """{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}}""",
        """{"event": "RTC_CHANGE", "data": {"offset": -3, "qom-path": "/machine/unattached/device[7]/rtc"}}""",
        """{"return": [{"name": "a", "nested": [[[{}]]], "n": -1.5e300}], "id": 5}""",
        """{"return": "grüße, 你好", "id": 6}""",
        """{"event": "BLOCK_IO_ERROR", "data": {"device": "", "operation": "write", "action": "stop", "reason": "x"}}""",
    ];

    private static readonly Gen<byte[]> Transcript =
        Gen.Int[0, Lines.Length - 1].List[0, 30].Select(picks => Encoding.UTF8.GetBytes(string.Concat(picks.Select(pick => Lines[pick] + "\r\n"))));

    private static readonly Gen<byte[]> Mutated = Gen.Select(
        Transcript,
        Gen.Select(Gen.Double[0, 1], Gen.Int[0, 4], Gen.Byte).List[1, 8],
        (bytes, mutations) => mutations.Aggregate(bytes, (now, mutation) => Mutate(now, mutation.Item1, mutation.Item2, mutation.Item3)));

    private static readonly Gen<int[]> Cuts = Gen.Int[1, 200].Array[1, 20];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Corpus { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Bindings", "Qmp", "Corpus")).Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Corpus))]
    public async Task Every_stream_of_the_corpus_is_survived(string file)
    {
        byte[] stream = await File.ReadAllBytesAsync(
            Path.Combine(AppContext.BaseDirectory, "Bindings", "Qmp", "Corpus", file), Ct);
        await SurviveAsync(stream, [stream.Length + 1]);
        await SurviveAsync(stream, [1]);
    }

    [Fact]
    public Task Random_bytes_are_survived() =>
        Gen.Select(Gen.Byte.Array[0, 2000], Cuts).SampleAsync(
            async (stream, cuts) => await SurviveAsync(stream, cuts), iter: 300, threads: 1);

    [Fact]
    public Task Mutated_transcripts_are_survived() =>
        Gen.Select(Mutated, Cuts).SampleAsync(
            async (stream, cuts) => await SurviveAsync(stream, cuts), iter: 1500, threads: 1);

    [Fact]
    public Task A_transcript_reads_the_same_however_it_is_cut() =>
        Gen.Select(Transcript, Cuts).SampleAsync(
            async (stream, cuts) =>
            {
                (QmpCloseReason reason, string[] whole) = await SurviveAsync(stream, [stream.Length + 1]);
                (QmpCloseReason cutReason, string[] cut) = await SurviveAsync(stream, cuts);
                cutReason.ShouldBe(reason);
                cut.ShouldBe(whole);
            },
            iter: 200,
            threads: 1);

    /// <summary>Plays a stream to a connection with commands waiting. Returns how each command and event came out.</summary>
    private static async Task<(QmpCloseReason Reason, string[] Outcome)> SurviveAsync(byte[] stream, int[] cuts)
    {
        var limits = new QmpLimits { MaxLineBytes = 16 * 1024, MaxQueuedEvents = 20 };
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(limits);
        Task[] commands =
        [
            connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct),
            connection.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct),
            connection.ExecuteAsync(QmpCommands.QueryBalloon, QmpPeer.Long, Ct),
            connection.ExecuteAsync(QmpCommands.QueryCommands, QmpPeer.Long, Ct),
            connection.ExecuteAsync(QmpCommands.QomGet, new GetPropertyArguments("/", "p"), QmpPeer.Long, Ct),
        ];
        for (int i = 0, sent = 0; sent < stream.Length; i++)
        {
            int length = Math.Min(cuts[i % cuts.Length], stream.Length - sent);
            await peer.SendRawAsync(stream.AsMemory(sent, length));
            sent += length;
        }

        await peer.DisposeAsync();
        QmpCloseReason reason = await connection.Closed.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        reason.ShouldNotBe(QmpCloseReason.TransportFailed);
        var outcome = new List<string>();
        foreach (Task command in commands)
        {
            await command.WaitAsync(TimeSpan.FromSeconds(10), Ct).ContinueWith(
                _ => { }, Ct, TaskContinuationOptions.None, TaskScheduler.Default);
            command.IsCompleted.ShouldBeTrue();
            command.Exception?.InnerException.ShouldBeOfType<QmpException>().Error.ShouldNotBe(QmpError.TimedOut);
            outcome.Add(command.Exception?.InnerException?.Message ?? "done");
        }

        await foreach (QmpEvent item in connection.ReadEventsAsync(Ct))
        {
            outcome.Add(Describe(item));
        }

        return (reason, [.. outcome]);
    }

    private static string Describe(QmpEvent item)
    {
        try
        {
            return QmpEventReader.Read(item).ToString();
        }
        catch (QmpException unexpected) when (unexpected.Error == QmpError.ProtocolError)
        {
            return "unexpected";
        }
    }

    private static byte[] Mutate(byte[] bytes, double place, int kind, byte value)
    {
        int at = (int)(place * bytes.Length);
        int length = Math.Min(value, bytes.Length - at);
        return kind switch
        {
            0 when at < bytes.Length => [.. bytes[..at], value, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], .. bytes[(at + length)..]],
            2 => [.. bytes[..(at + length)], .. bytes[at..]],
            3 => [.. bytes[..at], (byte)'\n', .. bytes[at..]],
            _ => bytes[..at],
        };
    }
}
