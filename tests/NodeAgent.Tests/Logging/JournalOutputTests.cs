using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;
using NodeAgent.Logging;

namespace NodeAgent.Tests.Logging;

public sealed partial class JournalOutputTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string SocketPath => Path.Combine(_directory.Path, "socket");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Messages_arrive_as_entries()
    {
        using var journal = Listen();
        await using var writer = new LineWriter(new JournalOutput(JournalSocket.TryConnect(SocketPath)!), JournalEntry.Of, TimeProvider.System);

        writer.Write(Entry("hello"));

        JournalFields.Parse(await ReceiveAsync(journal))["MESSAGE"].ShouldBe("hello");
    }

    [Fact]
    public async Task What_is_too_long_for_a_datagram_comes_as_sealed_memory()
    {
        using var journal = Listen();
        await using var writer = new LineWriter(new JournalOutput(JournalSocket.TryConnect(SocketPath)!), JournalEntry.Of, TimeProvider.System);
        var text = new string('x', 2 << 20);

        writer.Write(Entry(text));
        writer.Write(Entry("after"));

        using (var memory = await ReceiveDescriptorAsync(journal))
        {
            var bytes = new byte[RandomAccess.GetLength(memory)];
            await RandomAccess.ReadAsync(memory, bytes, 0, Cancellation);
            JournalFields.Parse(bytes)["MESSAGE"].ShouldBe(text);
            Should.Throw<UnauthorizedAccessException>(() => RandomAccess.Write(memory, "y"u8, 0));
        }

        JournalFields.Parse(await ReceiveAsync(journal))["MESSAGE"].ShouldBe("after");
    }

    [Fact]
    public async Task A_journal_that_does_not_read_delays_nobody_and_what_is_lost_is_told()
    {
        using var journal = Listen();
        await using var writer = new LineWriter(new JournalOutput(JournalSocket.TryConnect(SocketPath)!), JournalEntry.Of, TimeProvider.System);

        for (var i = 0; i < 10_000; i++)
        {
            writer.Write(Entry($"{i}"));
        }

        writer.Dropped.ShouldBeGreaterThan(1_000);
        var seen = "";
        while (!seen.EndsWith("dropped because nobody read them", StringComparison.Ordinal))
        {
            seen = JournalFields.Parse(await ReceiveAsync(journal))["MESSAGE"];
        }
    }

    [Fact]
    public async Task A_journal_that_was_begun_anew_is_found_again()
    {
        var first = Listen();
        await using var writer = new LineWriter(new JournalOutput(JournalSocket.TryConnect(SocketPath)!), JournalEntry.Of, TimeProvider.System);
        writer.Write(Entry("first"));
        await ReceiveAsync(first);
        first.Dispose();
        File.Delete(SocketPath);
        using var second = Listen();

        writer.Write(Entry("second"));

        JournalFields.Parse(await ReceiveAsync(second))["MESSAGE"].ShouldBe("second");
    }

    [Fact]
    public async Task A_journal_that_is_gone_costs_the_message_and_nothing_else()
    {
        var journal = Listen();
        await using var writer = new LineWriter(new JournalOutput(JournalSocket.TryConnect(SocketPath)!), JournalEntry.Of, TimeProvider.System);
        journal.Dispose();

        writer.Write(Entry("lost"));

        for (var wait = 0; writer.Dropped == 0 && wait < 1000; wait++)
        {
            await Task.Delay(10, Cancellation);
        }

        writer.Dropped.ShouldBe(1);
    }

    [Fact]
    public void The_identity_of_a_descriptor_is_what_stat_says()
    {
        using var file = File.OpenHandle("/dev/null");
        using var path = PathHandle.Open("/dev/null");
        var (major, minor) = path.Device;

        DescriptorIdentity.Of((int)file.DangerousGetHandle()).ShouldBe($"{(major << 8) | minor}:{path.Inode}");
        DescriptorIdentity.DeviceNumber(0x12345, 0x6789a).ShouldBe(0x0001_2000_6783_459aUL);
    }

    [Theory]
    [InlineData("Text", false)]
    [InlineData("Json", true)]
    public async Task The_journal_is_spoken_to_only_when_standard_error_is_its_stream_and_nobody_asked_for_json(string format, bool isStream)
    {
        using var journal = Listen();
        var stream = isStream ? DescriptorIdentity.Of(DescriptorIdentity.StandardError) : "8:1";
        await using (var writer = LogTarget.Open(Enum.Parse<LogFormat>(format), stream, SocketPath, TimeProvider.System))
        {
        }

        journal.Available.ShouldBe(0);
    }

    [Fact]
    public async Task The_journal_is_spoken_to_when_standard_error_is_its_stream()
    {
        using var journal = Listen();
        await using var writer = LogTarget.Open(
            LogFormat.Text, DescriptorIdentity.Of(DescriptorIdentity.StandardError), SocketPath, TimeProvider.System);

        writer.Write(Entry("natively"));

        JournalFields.Parse(await ReceiveAsync(journal))["MESSAGE"].ShouldBe("natively");
    }

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private static LogEntry Entry(string message) => new(DateTimeOffset.UnixEpoch, LogLevel.Information, "NodeAgent.X", message);

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[65536];
        var received = await socket.ReceiveAsync(buffer, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
        return buffer[..received];
    }

    private static async Task<SafeFileHandle> ReceiveDescriptorAsync(Socket socket)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(Patience);
        while (true)
        {
            if (TryReceiveDescriptor(socket) is { } received)
            {
                return received;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    private static unsafe SafeFileHandle? TryReceiveDescriptor(Socket socket)
    {
        // struct msghdr without room for data, and a control message with room for one descriptor; both outlive the call.
        var control = stackalloc nuint[3];
        var message = stackalloc nuint[7] { 0, 0, 0, 0, (nuint)control, 24, 0 };
        return ReceiveMessage(socket.SafeHandle, message, 0x40) == 0 && message[5] > 0
            ? new SafeFileHandle(((int*)control)[4], ownsHandle: true)
            : null;
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(SafeHandle socket, nuint* message, int flags);
}
