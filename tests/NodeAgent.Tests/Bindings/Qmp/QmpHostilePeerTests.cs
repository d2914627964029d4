using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>Whatever a peer does, it ends at most its own connection, and at once.</summary>
public sealed class QmpHostilePeerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("garbage")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("""{"return": {}, "id": 1} {}""")]
    [InlineData("""{"return": {}, "error": {"class": "a", "desc": "b"}, "id": 1}""")]
    [InlineData("""{"event": 7}""")]
    [InlineData("""{"event": "X", "timestamp": 5}""")]
    [InlineData("""{"return": {"a": tru}}""")]
    [InlineData("{\"event\": \"\\ud800\"}")]
    public async Task What_is_not_QMP_ends_the_connection(string line)
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        Task waiting = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.SendAsync(line);

        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.ProtocolError);
        QmpException failed = await Should.ThrowAsync<QmpException>(() => waiting);
        failed.Error.ShouldBe(QmpError.ProtocolError);
        failed.MayHaveRun.ShouldBeTrue();
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_end_the_connection()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        byte[] line = [.. "{\"event\": \""u8, 0xff, 0xfe, .. "\"}\n"u8];
        await peer.SendRawAsync(line);
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.ProtocolError);
    }

    [Fact]
    public async Task An_error_reply_of_the_wrong_shape_ends_the_connection_and_its_command()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        Task waiting = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        long id = (await peer.ReadAsync()).GetProperty("id").GetInt64();
        await peer.SendAsync($$"""{"id": {{id}}, "error": {"class": 1} }""");
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.ProtocolError);
        (await Should.ThrowAsync<QmpException>(() => waiting.WaitAsync(QmpPeer.Long, Ct)))
            .Error.ShouldBe(QmpError.ProtocolError);
    }

    [Fact]
    public async Task A_line_of_100_megabytes_is_refused_without_being_buffered()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        long before = GC.GetTotalAllocatedBytes();
        byte[] chunk = new byte[1 << 16];
        chunk.AsSpan().Fill((byte)'x');
        for (int sent = 0; sent < 100_000_000 && !connection.Closed.IsCompleted; sent += chunk.Length)
        {
            await peer.SendRawAsync(chunk);
        }

        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.LineTooLong);
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(64_000_000);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    public async Task The_longest_line_is_accepted_and_a_longer_one_is_not(int difference, bool accepted)
    {
        var limits = new QmpLimits { MaxLineBytes = 100_000 };
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(limits);
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        Task<NameInfo> asking = connection.ExecuteAsync(QmpCommands.QueryName, QmpPeer.Long, Ct);
        JsonElement command = await peer.ReadAsync();
        string frame = $$$"""{"return": {"name": "{0}"}, "id": {{{command.GetProperty("id").GetInt64()}}}}""";
        string name = new('n', limits.MaxLineBytes - frame.Length + "{0}".Length + difference);
        await peer.SendRawAsync(frame.Replace("{0}", name, StringComparison.Ordinal) + "\n");
        if (accepted)
        {
            (await asking).Name.ShouldBe(name);
        }
        else
        {
            (await Should.ThrowAsync<QmpException>(() => asking)).Error.ShouldBe(QmpError.LineTooLong);
        }
    }

    [Fact]
    public async Task The_end_in_the_middle_of_a_line_is_told_apart_from_an_orderly_one()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        Task waiting = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.SendRawAsync("""{"return": {""");
        await peer.DisposeAsync();
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.Truncated);
        QmpException failed = await Should.ThrowAsync<QmpException>(() => waiting);
        failed.Error.ShouldBe(QmpError.Closed);
        failed.CloseReason.ShouldBe(QmpCloseReason.Truncated);
    }

    [Fact]
    public async Task A_flood_of_events_ends_the_connection_after_those_that_found_room()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(new QmpLimits { MaxQueuedEvents = 100 });
        await using QmpPeer _ = peer;
        await peer.SendRawAsync(string.Concat(Enumerable.Range(0, 101).Select(i => $$"""{"event": "E{{i}}"}""" + "\n")));
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.EventFlood);
        QmpEvent[] events = await connection.ReadEventsAsync(Ct).ToArrayAsync(Ct);
        events.Select(item => item.Name).ShouldBe(Enumerable.Range(0, 100).Select(i => $"E{i}"));
    }

    [Fact]
    public async Task Events_of_many_bytes_are_a_flood_although_they_are_few()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(new QmpLimits { MaxQueuedEventBytes = 10_000 });
        await using QmpPeer _ = peer;
        string line = $$"""{"event": "E", "data": {"x": "{{new string('x', 6000)}}"} }""";
        await peer.SendAsync(line);
        await using IAsyncEnumerator<QmpEvent> reader = connection.ReadEventsAsync(Ct).GetAsyncEnumerator(Ct);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        await peer.SendAsync(line);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        await peer.SendAsync(line);
        await peer.SendAsync(line);
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.EventFlood);
    }

    [Fact]
    public async Task A_connection_that_wants_no_events_drops_them()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(new QmpLimits { MaxQueuedEvents = 0 });
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        await peer.SendRawAsync(string.Concat(Enumerable.Repeat("""{"event": "E"}""" + "\n", 10_000)));
        Task asking = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.ReplyAsync();
        await asking;
        (await connection.ReadEventsAsync(Ct).ToArrayAsync(Ct)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"return": {}, "id": 999999}""")]
    [InlineData("""{"return": {}, "id": "text"}""")]
    [InlineData("""{"return": {}, "id": {"a": [1]}}""")]
    [InlineData("""{"return": {}}""")]
    [InlineData("""{"error": {"class": "GenericError", "desc": "JSON parse error"}}""")]
    [InlineData("")]
    [InlineData(QmpPeer.Greeting)]
    public async Task What_nobody_asked_for_is_ignored_a_few_times_but_not_for_ever(string line)
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(new QmpLimits { MaxStrayMessages = 10 });
        await using QmpPeer _ = peer;
        for (int i = 0; i < 10; i++)
        {
            await peer.SendAsync(line);
        }

        Task asking = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.ReplyAsync();
        await asking;
        await peer.SendAsync(line);
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.ProtocolError);
    }

    [Fact]
    public async Task Deep_nesting_is_read_as_deep_as_QEMU_goes_and_refused_below()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        var path = new GetPropertyArguments("/machine", "x");
        Task<JsonElement> deep = connection.ExecuteAsync(QmpCommands.QomGet, path, QmpPeer.Long, Ct);
        await peer.ReplyAsync(new string('[', 1000) + new string(']', 1000));
        (await deep).ValueKind.ShouldBe(JsonValueKind.Array);
        Task tooDeep = connection.ExecuteAsync(QmpCommands.QomGet, path, QmpPeer.Long, Ct);
        await peer.ReplyAsync(new string('[', 100_000) + new string(']', 100_000));
        (await connection.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.ProtocolError);
        await Should.ThrowAsync<QmpException>(() => tooDeep);
    }

    [Fact]
    public async Task Silence_instead_of_a_greeting_ends_with_the_time_out()
    {
        var time = new FakeTimeProvider();
        (Task<QmpConnection> opening, QmpPeer peer) = await QmpPeer.BeginAsync(time: time);
        await using QmpPeer _ = peer;
        time.Advance(QmpLimits.Default.OpenTimeout);
        (await Should.ThrowAsync<QmpException>(() => opening.WaitAsync(QmpPeer.Long, Ct))).Error.ShouldBe(QmpError.TimedOut);
        await Should.ThrowAsync<EndOfStreamException>(() => peer.ReadAsync());
    }

    [Fact]
    public async Task Silence_after_the_greeting_ends_with_the_time_out()
    {
        var time = new FakeTimeProvider();
        (Task<QmpConnection> opening, QmpPeer peer) = await QmpPeer.BeginAsync(time: time);
        await using QmpPeer _ = peer;
        await peer.SendAsync(QmpPeer.Greeting);
        await peer.ReadAsync();
        time.Advance(QmpLimits.Default.OpenTimeout);
        (await Should.ThrowAsync<QmpException>(() => opening.WaitAsync(QmpPeer.Long, Ct))).Error.ShouldBe(QmpError.TimedOut);
    }

    [Fact]
    public async Task Opening_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        (Task<QmpConnection> opening, QmpPeer peer) = await QmpPeer.BeginAsync(cancel: cancel);
        await using QmpPeer _ = peer;
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => opening.WaitAsync(QmpPeer.Long, Ct));
        await Should.ThrowAsync<EndOfStreamException>(() => peer.ReadAsync());
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", QmpError.ProtocolError)]
    [InlineData("{\"event\": \"STOP\"}\r\n", QmpError.ProtocolError)]
    [InlineData("{\"QMP\": {}}\r\n", QmpError.ProtocolError)]
    [InlineData("{\"QMP\": null}\r\n", QmpError.ProtocolError)]
    [InlineData("", QmpError.Closed)]
    [InlineData("{\"QMP\": ", QmpError.Closed)]
    public async Task What_is_no_greeting_opens_no_connection(string text, QmpError error)
    {
        (Task<QmpConnection> opening, QmpPeer peer) = await QmpPeer.BeginAsync();
        await peer.SendRawAsync(text);
        await peer.DisposeAsync();
        (await Should.ThrowAsync<QmpException>(() => opening.WaitAsync(QmpPeer.Long, Ct))).Error.ShouldBe(error);
    }

    [Fact]
    public async Task Two_flooding_connections_do_not_delay_a_third()
    {
        var noEvents = new QmpLimits { MaxQueuedEvents = 0 };
        (QmpConnection sick1, QmpPeer flooder1) = await QmpPeer.OpenAsync(noEvents);
        (QmpConnection sick2, QmpPeer flooder2) = await QmpPeer.OpenAsync(noEvents);
        (QmpConnection healthy, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        byte[] flood = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("""{"event": "E"}""" + "\n", 2000)));
        Task[] flooding = [FloodAsync(sick1, flooder1, flood), FloodAsync(sick2, flooder2, flood)];

        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20; i++)
        {
            Task asking = healthy.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
            await peer.ReplyAsync();
            await asking;
        }

        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        sick1.Closed.IsCompleted.ShouldBeFalse();
        await sick1.DisposeAsync();
        await sick2.DisposeAsync();
        await Task.WhenAll(flooding).WaitAsync(QmpPeer.Long, Ct);
        await healthy.DisposeAsync();
        taken.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    private static async Task FloodAsync(QmpConnection connection, QmpPeer peer, byte[] flood)
    {
        await using QmpPeer _ = peer;
        while (!connection.Closed.IsCompleted)
        {
            await peer.SendRawAsync(flood);
        }
    }
}
