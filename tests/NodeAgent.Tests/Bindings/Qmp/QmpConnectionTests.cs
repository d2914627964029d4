using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Tests.Bindings.Qmp;

public sealed class QmpConnectionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Opening_negotiates_what_the_greeting_offers()
    {
        (Task<QmpConnection> opening, QmpPeer peer) = await QmpPeer.BeginAsync();
        await using QmpPeer _ = peer;
        await peer.SendAsync(QmpPeer.Greeting);
        JsonElement command = await peer.ReplyAsync();
        await using QmpConnection connection = await opening.WaitAsync(QmpPeer.Long, Ct);

        command.GetProperty("execute").GetString().ShouldBe("qmp_capabilities");
        command.GetProperty("arguments").GetProperty("enable")[0].GetString().ShouldBe("oob");
        connection.HasOutOfBand.ShouldBeTrue();
        connection.Version.ToString().ShouldBe("7.2.22 (p)");
    }

    [Fact]
    public async Task Without_the_offer_the_out_of_band_lane_is_refused_and_nothing_is_sent()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(
            greeting: QmpPeer.Greeting.Replace("\"oob\"", "\"later\"", StringComparison.Ordinal));
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        QmpException refused = await Should.ThrowAsync<QmpException>(
            () => connection.ExecuteAsync(QmpCommands.QueryYank, QmpPeer.Long, Ct, QmpLane.OutOfBand));
        refused.Error.ShouldBe(QmpError.OutOfBandUnavailable);
        Task status = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        (await peer.ReplyAsync()).GetProperty("execute").GetString().ShouldBe("cont");
        await status;
    }

    [Fact]
    public async Task Arguments_are_written_as_QAPI_has_them_and_null_ones_left_out()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        var keys = new SendKeyArguments([new KeyValue("ctrl"), new KeyValue("c")]);
        Task sending = connection.ExecuteAsync(QmpCommands.SendKey, keys, QmpPeer.Long, Ct);
        JsonElement command = await peer.ReplyAsync();
        await sending;
        command.GetProperty("arguments").GetRawText().ShouldBe(
            """{"keys":[{"data":"ctrl","type":"qcode"},{"data":"c","type":"qcode"}]}""");
    }

    [Fact]
    public async Task Replies_find_their_commands_in_any_order()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task<NameInfo> first = connection.ExecuteAsync(QmpCommands.QueryName, QmpPeer.Long, Ct);
        Task<NameInfo> second = connection.ExecuteAsync(QmpCommands.QueryName, QmpPeer.Long, Ct);
        JsonElement one = await peer.ReadAsync();
        JsonElement two = await peer.ReadAsync();
        await peer.ReturnAsync(two, """{"name": "two"}""");
        await peer.ReturnAsync(one, """{"name": "one"}""");

        (await first).Name.ShouldBe("one");
        (await second).Name.ShouldBe("two");
    }

    [Fact]
    public async Task An_error_of_QEMU_reaches_the_caller_with_its_class_and_words()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task<BalloonInfo> asking = connection.ExecuteAsync(QmpCommands.QueryBalloon, QmpPeer.Long, Ct);
        long id = (await peer.ReadAsync()).GetProperty("id").GetInt64();
        await peer.SendAsync($$"""{"id": {{id}}, "error": {"class": "DeviceNotActive", "desc": "No balloon"} }""");

        QmpException failed = await Should.ThrowAsync<QmpException>(() => asking);
        failed.Error.ShouldBe(QmpError.CommandFailed);
        failed.ErrorClass.ShouldBe("DeviceNotActive");
        failed.Description.ShouldBe("No balloon");
        failed.MayHaveRun.ShouldBeFalse();
    }

    [Fact]
    public async Task Events_keep_their_order_and_may_come_before_the_reply()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task quitting = connection.ExecuteAsync(QmpCommands.Quit, QmpPeer.Long, Ct);
        JsonElement command = await peer.ReadAsync();
        await peer.SendAsync(
            """{"timestamp": {"seconds": 1700000000, "microseconds": 250000}, "event": "STOP"}""");
        await peer.SendAsync(
            """{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}, "timestamp": {"seconds": -1, "microseconds": -1}}""");
        await peer.ReturnAsync(command);
        await quitting;
        await peer.DisposeAsync();

        QmpEvent[] events = await connection.ReadEventsAsync(Ct).ToArrayAsync(Ct);
        events.Select(item => item.Name).ShouldBe(["STOP", "SHUTDOWN"]);
        events[0].Timestamp.ShouldBe(DateTimeOffset.FromUnixTimeMilliseconds(1700000000250));
        events[1].Timestamp.ShouldBeNull();
        events[0].Data.IsEmpty.ShouldBeTrue();
        (await connection.Closed).ShouldBe(QmpCloseReason.PeerClosed);
    }

    [Fact]
    public async Task After_a_time_out_the_connection_lives_on_and_the_late_reply_is_ignored()
    {
        var time = new FakeTimeProvider();
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(time: time);
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task<StatusInfo> slow = connection.ExecuteAsync(QmpCommands.QueryStatus, TimeSpan.FromSeconds(5), Ct);
        JsonElement late = await peer.ReadAsync();
        time.Advance(TimeSpan.FromSeconds(4));
        slow.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        QmpException timedOut = await Should.ThrowAsync<QmpException>(() => slow);
        timedOut.Error.ShouldBe(QmpError.TimedOut);
        timedOut.MayHaveRun.ShouldBeTrue();

        await peer.ReturnAsync(late, """{"status": "paused", "running": false}""");
        Task<StatusInfo> next = connection.ExecuteAsync(QmpCommands.QueryStatus, TimeSpan.FromSeconds(5), Ct);
        await peer.ReplyAsync("""{"status": "running", "running": true, "singlestep": false}""");
        (await next).ShouldBe(new StatusInfo(RunState.Running, Running: true));
    }

    [Fact]
    public async Task A_cancelled_command_ends_at_once_and_the_connection_lives_on()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        using var cancel = new CancellationTokenSource();

        Task given = connection.ExecuteAsync(QmpCommands.Stop, QmpPeer.Long, cancel.Token);
        JsonElement late = await peer.ReadAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => given);
        await peer.ReturnAsync(late);
        Task next = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.ReplyAsync();
        await next;
    }

    [Fact]
    public async Task A_command_cancelled_before_the_call_is_not_sent()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        await Should.ThrowAsync<OperationCanceledException>(
            () => connection.ExecuteAsync(QmpCommands.Quit, QmpPeer.Long, new CancellationToken(canceled: true)));
        Task next = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        (await peer.ReplyAsync()).GetProperty("execute").GetString().ShouldBe("cont");
        await next;
    }

    [Theory]
    [InlineData("""{"status": "paused"}""")]
    [InlineData("""{"status": 7, "running": true}""")]
    [InlineData("""{"status": null, "running": true}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task A_reply_of_the_wrong_shape_fails_its_command_only(string result)
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task<StatusInfo> asking = connection.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct);
        await peer.ReplyAsync(result);
        QmpException failed = await Should.ThrowAsync<QmpException>(() => asking);
        failed.Error.ShouldBe(QmpError.ProtocolError);
        failed.MayHaveRun.ShouldBeTrue();
        Task next = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.ReplyAsync();
        await next;
    }

    [Fact]
    public async Task A_state_of_a_later_QEMU_is_read_as_unknown()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task<StatusInfo> asking = connection.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct);
        await peer.ReplyAsync("""{"status": "levitating", "running": false}""");
        (await asking).Status.ShouldBe(RunState.Unknown);
    }

    [Fact]
    public async Task Out_of_band_commands_pass_a_full_in_band_lane()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task[] inBand = [.. Enumerable.Range(0, 10).Select(_ => connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct))];
        Task<YankInstance[]> urgent = connection.ExecuteAsync(QmpCommands.QueryYank, QmpPeer.Long, Ct, QmpLane.OutOfBand);

        var received = new List<JsonElement>();
        for (int i = 0; i < QmpLimits.Default.MaxInBandInFlight + 1; i++)
        {
            received.Add(await peer.ReadAsync());
        }

        received[^1].GetProperty("exec-oob").GetString().ShouldBe("query-yank");
        await peer.ReturnAsync(received[^1], "[]");
        (await urgent).ShouldBeEmpty();
        foreach (JsonElement command in received[..^1])
        {
            await peer.ReturnAsync(command);
        }

        for (int i = QmpLimits.Default.MaxInBandInFlight; i < inBand.Length; i++)
        {
            await peer.ReplyAsync();
        }

        await Task.WhenAll(inBand);
    }

    [Fact]
    public async Task A_stuck_QEMU_is_sent_no_more_than_it_can_queue_and_what_was_not_sent_did_not_run()
    {
        var time = new FakeTimeProvider();
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(time: time);
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        for (int round = 0; round < 3; round++)
        {
            Task[] stuck =
            [
                .. Enumerable.Range(0, 5).Select(_ => connection.ExecuteAsync(QmpCommands.Cont, TimeSpan.FromSeconds(1), Ct)),
            ];
            time.Advance(TimeSpan.FromSeconds(1));
            foreach ((int index, Task command) in stuck.Index())
            {
                QmpException timedOut = await Should.ThrowAsync<QmpException>(() => command);
                timedOut.Error.ShouldBe(QmpError.TimedOut);
                timedOut.MayHaveRun.ShouldBe((5 * round) + index < QmpLimits.Default.MaxInBandInFlight);
            }
        }

        // It wakes up: all that it has is answered too late, and then it is of use again.
        for (int i = 0; i < QmpLimits.Default.MaxInBandInFlight; i++)
        {
            await peer.ReplyAsync();
        }

        Task next = connection.ExecuteAsync(QmpCommands.Stop, TimeSpan.FromSeconds(1), Ct);
        (await peer.ReplyAsync()).GetProperty("execute").GetString().ShouldBe("stop");
        await next;
    }

    [Fact]
    public async Task More_than_the_most_pending_commands_are_refused()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync(new QmpLimits { MaxPending = 3 });
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        Task[] waiting = [.. Enumerable.Range(0, 3).Select(_ => connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct))];
        QmpException refused = await Should.ThrowAsync<QmpException>(
            () => connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct));
        refused.Error.ShouldBe(QmpError.TooManyPending);
        refused.MayHaveRun.ShouldBeFalse();
        for (int i = 0; i < waiting.Length; i++)
        {
            await peer.ReplyAsync();
        }

        await Task.WhenAll(waiting);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_holds_up_nobody_beyond_the_time_out()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;

        // Larger than what the socket takes, so that the send itself waits.
        var large = new ScreendumpArguments(new string('f', 4_000_000));
        Task blocked = connection.ExecuteAsync(QmpCommands.Screendump, large, TimeSpan.FromMilliseconds(200), Ct);
        Task behind = connection.ExecuteAsync(QmpCommands.Cont, TimeSpan.FromMilliseconds(200), Ct);
        (await Should.ThrowAsync<QmpException>(() => blocked)).MayHaveRun.ShouldBeTrue();
        (await Should.ThrowAsync<QmpException>(() => behind)).MayHaveRun.ShouldBeFalse();

        // The line that was begun is finished, never cut.
        (await peer.ReplyAsync()).GetProperty("arguments").GetProperty("filename").GetString()!.Length.ShouldBe(4_000_000);
        Task next = connection.ExecuteAsync(QmpCommands.Stop, QmpPeer.Long, Ct);
        (await peer.ReplyAsync()).GetProperty("execute").GetString().ShouldBe("stop");
        await next;
    }

    [Fact]
    public async Task Disposing_fails_what_waits_and_ends_the_events()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        Task waiting = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await connection.DisposeAsync();

        QmpException closed = await Should.ThrowAsync<QmpException>(() => waiting);
        closed.Error.ShouldBe(QmpError.Closed);
        closed.CloseReason.ShouldBe(QmpCloseReason.Disposed);
        closed.MayHaveRun.ShouldBeTrue();
        (await connection.Closed).ShouldBe(QmpCloseReason.Disposed);
        (await connection.ReadEventsAsync(Ct).ToArrayAsync(Ct)).ShouldBeEmpty();
        QmpException after = await Should.ThrowAsync<QmpException>(
            () => connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct));
        after.Error.ShouldBe(QmpError.Closed);
        after.MayHaveRun.ShouldBeFalse();
    }

    [Fact]
    public async Task What_QEMU_said_before_it_went_is_read_even_when_sending_fails()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpConnection _ = connection;
        await peer.SendAsync("""{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}""");
        await peer.DisposeAsync();

        await Should.ThrowAsync<QmpException>(() => connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct));
        QmpEvent[] events = await connection.ReadEventsAsync(Ct).ToArrayAsync(Ct);
        events.ShouldHaveSingleItem().Name.ShouldBe("SHUTDOWN");
        (await connection.Closed).ShouldBe(QmpCloseReason.PeerClosed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_wait_without_an_end_is_refused(int milliseconds)
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        await Should.ThrowAsync<ArgumentOutOfRangeException>(
            () => connection.ExecuteAsync(QmpCommands.Cont, TimeSpan.FromMilliseconds(milliseconds), Ct));
    }
}
