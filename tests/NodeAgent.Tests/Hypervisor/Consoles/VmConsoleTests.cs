using System.Net.Sockets;
using System.Text;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Consoles;

namespace NodeAgent.Tests.Hypervisor.Consoles;

public sealed class VmConsoleTests : IDisposable
{
    // What a client that does not read may hold, see ConsoleClient.
    private const int Room = 512 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryDirectory _directory = new();
    private readonly VmConsole _console;

    public VmConsoleTests() => _console = new VmConsole(new ConsoleHistory(_directory.Path, 64 * 1024));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_client_sees_what_the_guest_writes_and_what_a_client_types_reaches_the_guest()
    {
        using var guest = Attach();
        using var one = _console.AddClient(withHistory: false, readOnly: false);
        using var two = _console.AddClient(withHistory: false, readOnly: true);

        await guest.SendAsync("hello"u8.ToArray(), Cancellation);
        (await ReadAsync(one, 5)).ShouldBe(("hello", 0));
        (await ReadAsync(two, 5)).ShouldBe(("hello", 0));

        await one.WriteAsync("typed"u8.ToArray(), Cancellation);
        var buffer = new byte[16];
        (await guest.ReceiveAsync(buffer, Cancellation)).ShouldBe(5);
        Encoding.ASCII.GetString(buffer, 0, 5).ShouldBe("typed");
        await Should.ThrowAsync<InvalidOperationException>(async () => await two.WriteAsync("x"u8.ToArray(), Cancellation));
        await _console.DetachAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_so_much_and_is_told_what_it_missed_in_its_place()
    {
        using var slow = _console.AddClient(withHistory: false, readOnly: true);
        var piece = new byte[1024];
        Array.Fill(piece, (byte)'a');
        for (var i = 0; i < Room / piece.Length; i++)
        {
            slow.Offer(piece);
        }

        // One byte too much is lost, and so is all that follows it until the client reads.
        slow.Offer("bc"u8.ToArray());
        slow.Offer("d"u8.ToArray());

        await using var chunks = slow.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var first = await NextAsync(chunks);
        first.Output.Length.ShouldBe(Room);
        first.DroppedBytes.ShouldBe(0);
        slow.Offer("after"u8.ToArray());
        var second = await NextAsync(chunks);
        second.DroppedBytes.ShouldBe(3);
        Encoding.ASCII.GetString(second.Output.Span).ShouldBe("after");

        slow.Offer("on"u8.ToArray());
        var third = await NextAsync(chunks);
        third.DroppedBytes.ShouldBe(0);
        Encoding.ASCII.GetString(third.Output.Span).ShouldBe("on");
    }

    [Fact]
    public async Task What_was_lost_is_told_even_when_nothing_follows()
    {
        using var slow = _console.AddClient(withHistory: false, readOnly: true);
        slow.Offer(new byte[Room]);
        slow.Offer(new byte[7]);

        await using var chunks = slow.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        (await NextAsync(chunks)).Output.Length.ShouldBe(Room);
        var last = await NextAsync(chunks);
        last.Output.IsEmpty.ShouldBeTrue();
        last.DroppedBytes.ShouldBe(7);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_up_neither_the_guest_nor_the_others()
    {
        using var guest = Attach();
        using var slow = _console.AddClient(withHistory: false, readOnly: true);
        using var quick = _console.AddClient(withHistory: false, readOnly: true);
        const int All = 3 * Room;
        var reading = CountAsync(quick, All);
        var piece = new byte[8192];
        for (var sent = 0; sent < All; sent += piece.Length)
        {
            await guest.SendAsync(piece, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
        }

        var (read, missed) = await reading.WaitAsync(Patience, Cancellation);
        (read + missed).ShouldBe(All);
        await _console.DetachAsync();
        await using var chunks = slow.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var kept = await NextAsync(chunks);
        kept.Output.Length.ShouldBeInRange(Room - 2048, Room);
        (await NextAsync(chunks)).DroppedBytes.ShouldBe(All - kept.Output.Length);
    }

    [Fact]
    public async Task A_client_that_wants_it_gets_the_history_first_and_nothing_twice()
    {
        using var guest = Attach();
        using (var first = _console.AddClient(withHistory: true, readOnly: true))
        {
            await guest.SendAsync("before "u8.ToArray(), Cancellation);
            await ReadAsync(first, 7);
        }

        using var later = _console.AddClient(withHistory: true, readOnly: true);
        using var live = _console.AddClient(withHistory: false, readOnly: true);
        await guest.SendAsync("after"u8.ToArray(), Cancellation);

        (await ReadAsync(later, 12)).ShouldBe(("before after", 0));
        (await ReadAsync(live, 5)).ShouldBe(("after", 0));
        await _console.DetachAsync();
    }

    [Fact]
    public async Task A_history_does_not_use_up_the_room_of_a_client()
    {
        _console.History.Append(new byte[20_000]);
        using var client = _console.AddClient(withHistory: true, readOnly: true);
        client.Offer(new byte[Room]);

        await using var chunks = client.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        (await NextAsync(chunks)).ShouldSatisfyAllConditions(chunk => chunk.Output.Length.ShouldBe(20_000 + Room), chunk => chunk.DroppedBytes.ShouldBe(0));
    }

    [Fact]
    public async Task The_history_says_where_the_agent_was_away()
    {
        var path = Path.Combine(_directory.Path, "console.sock");
        _console.TryReattach(path).ShouldBeFalse("nobody listens there");
        _console.History.Read().ShouldBeEmpty();
        _console.History.Append("one"u8);
        using var listener = UnixListener.Listen(path);

        _console.TryReattach(path).ShouldBeTrue();
        _console.History.Append("two"u8);

        Encoding.ASCII.GetString(_console.History.Read()).ShouldBe("one\r\n[nodeagentd was away; what the guest wrote meanwhile is not here]\r\ntwo");
        await _console.DetachAsync();
    }

    [Fact]
    public async Task A_console_of_a_guest_that_does_not_run_takes_no_input()
    {
        using var client = _console.AddClient(withHistory: false, readOnly: false);

        await Should.ThrowAsync<IOException>(async () => await client.WriteAsync("x"u8.ToArray(), Cancellation));
    }

    [Fact]
    public async Task Clients_outlive_the_guest_and_see_the_next_one()
    {
        using var client = _console.AddClient(withHistory: false, readOnly: true);
        using (var first = Attach())
        {
            await first.SendAsync("last words"u8.ToArray(), Cancellation);
        }

        await _console.DetachAsync();
        using var next = Attach();
        await next.SendAsync(", first words"u8.ToArray(), Cancellation);

        (await ReadAsync(client, 23)).ShouldBe(("last words, first words", 0));
        await _console.DetachAsync();
    }

    [Fact]
    public async Task A_client_that_leaves_ends_its_own_reading_only()
    {
        var leaving = _console.AddClient(withHistory: false, readOnly: true);
        using var staying = _console.AddClient(withHistory: false, readOnly: true);
        var reading = CountAsync(leaving, 1);

        leaving.Dispose();

        (await reading.WaitAsync(Patience, Cancellation)).ShouldBe((0, 0));
        staying.Offer("on"u8.ToArray());
        (await ReadAsync(staying, 2)).ShouldBe(("on", 0));
    }

    private Socket Attach()
    {
        var (ours, theirs) = SocketPair.Create();
        _console.Attach(ours);
        var guest = new Socket(new SafeSocketHandle(theirs.DangerousGetHandle(), ownsHandle: true));
        theirs.SetHandleAsInvalid();
        return guest;
    }

    private static async Task<(string Text, long Dropped)> ReadAsync(ConsoleClient client, int bytes)
    {
        var text = new StringBuilder();
        var dropped = 0L;
        await using var chunks = client.ReadAllAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        while (text.Length < bytes)
        {
            var chunk = await NextAsync(chunks);
            text.Append(Encoding.ASCII.GetString(chunk.Output.Span));
            dropped += chunk.DroppedBytes;
        }

        return (text.ToString(), dropped);
    }

    private static async Task<(long Read, long Dropped)> CountAsync(ConsoleClient client, long bytes)
    {
        var (read, dropped) = (0L, 0L);
        await foreach (var chunk in client.ReadAllAsync(Cancellation))
        {
            read += chunk.Output.Length;
            dropped += chunk.DroppedBytes;
            if (read + dropped >= bytes)
            {
                break;
            }
        }

        return (read, dropped);
    }

    private static async Task<ConsoleChunk> NextAsync(IAsyncEnumerator<ConsoleChunk> chunks)
    {
        (await chunks.MoveNextAsync().AsTask().WaitAsync(Patience, Cancellation)).ShouldBeTrue();
        return chunks.Current;
    }
}
