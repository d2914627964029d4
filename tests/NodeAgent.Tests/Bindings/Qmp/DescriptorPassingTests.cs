using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Tests.Bindings.Qmp;

public sealed partial class DescriptorPassingTests
{
    private static readonly NamedDescriptorArguments Tap = new("tap0");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_descriptor_travels_with_the_line()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        string path = Path.GetTempFileName();
        using SafeFileHandle sent = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Task giving = connection.ExecuteAsync(QmpCommands.GetFd, Tap, QmpPeer.Long, Ct, descriptor: sent);

        (string text, SafeFileHandle? received) = await ReceiveAsync(peer.Socket);
        text.ShouldStartWith("""{"execute":"getfd","arguments":{"fdname":"tap0"},"id":""");
        text.ShouldEndWith("\n");
        using (received.ShouldNotBeNull())
        {
            await RandomAccess.WriteAsync(received, Encoding.UTF8.GetBytes("through"), 0, Ct);
        }

        (await File.ReadAllTextAsync(path, Ct)).ShouldBe("through");
        File.Delete(path);
        await peer.SendAsync("""{"return": {}, "id": 2}""");
        await giving;
    }

    [Fact]
    public async Task The_next_descriptor_waits_until_the_one_before_is_answered()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        using SafeFileHandle handle = File.OpenHandle("/dev/null");
        Task first = connection.ExecuteAsync(QmpCommands.GetFd, Tap, QmpPeer.Long, Ct, descriptor: handle);
        Task second = connection.ExecuteAsync(QmpCommands.GetFd, Tap, QmpPeer.Long, Ct, descriptor: handle);
        (string text, SafeFileHandle? received) = await ReceiveAsync(peer.Socket);
        received!.Dispose();
        text.Count(letter => letter == '\n').ShouldBe(1);
        peer.Socket.Available.ShouldBe(0);
        await peer.SendAsync("""{"return": {}, "id": 2}""");
        await first;
        received = (await ReceiveAsync(peer.Socket)).Descriptor;
        received!.Dispose();
        await peer.SendAsync("""{"return": {}, "id": 3}""");
        await second;
    }

    [Fact]
    public async Task A_full_socket_is_waited_for()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        using SafeFileHandle handle = File.OpenHandle("/dev/null");

        // Just fits: the line after it does not.
        int room = peer.Socket.ReceiveBufferSize;
        var filler = new ScreendumpArguments(new string('f', 16_000));
        Task[] fillers =
        [
            .. Enumerable.Range(0, 6).Select(_ => connection.ExecuteAsync(QmpCommands.Screendump, filler, QmpPeer.Long, Ct)),
        ];
        Task giving = connection.ExecuteAsync(
            QmpCommands.GetFd, new NamedDescriptorArguments(new string('n', 4 * room)), QmpPeer.Long, Ct, descriptor: handle);
        var all = new StringBuilder();
        int descriptors = 0;
        while (all.ToString().Count(letter => letter == '\n') < 7)
        {
            (string text, SafeFileHandle? received) = await ReceiveAsync(peer.Socket);
            descriptors += received is null ? 0 : 1;
            received?.Dispose();
            all.Append(text);
        }

        descriptors.ShouldBe(1);
        for (int id = 2; id <= 8; id++)
        {
            await peer.SendAsync($$"""{"return": {}, "id": {{id}}}""");
        }

        await Task.WhenAll(fillers);
        await giving;
    }

    [Fact]
    public async Task A_descriptor_that_cannot_be_passed_fails_its_own_command_only()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        using var none = new SafeFileHandle(1_000_000, ownsHandle: false);
        QmpException refused = await Should.ThrowAsync<QmpException>(
            () => connection.ExecuteAsync(QmpCommands.GetFd, Tap, QmpPeer.Long, Ct, descriptor: none));
        refused.Error.ShouldBe(QmpError.DescriptorRefused);
        refused.MayHaveRun.ShouldBeFalse();

        SafeFileHandle closed = File.OpenHandle("/dev/null");
        closed.Dispose();
        await Should.ThrowAsync<QmpException>(
            () => connection.ExecuteAsync(QmpCommands.GetFd, Tap, QmpPeer.Long, Ct, descriptor: closed));
        Task next = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await peer.ReplyAsync();
        await next;
    }

    /// <summary>Receives bytes and, if one came with them, a descriptor.</summary>
    private static async Task<(string Text, SafeFileHandle? Descriptor)> ReceiveAsync(Socket socket)
    {
        await socket.ReceiveAsync(Memory<byte>.Empty, Ct).AsTask().WaitAsync(QmpPeer.Long, Ct);
        return Receive(socket);
    }

    private static unsafe (string Text, SafeFileHandle? Descriptor) Receive(Socket socket)
    {
        byte[] buffer = new byte[65536];
        byte* control = stackalloc byte[24];

        // Safe: the buffers outlive the call, and the lengths given are theirs.
        fixed (byte* start = buffer)
        {
            nuint* part = stackalloc nuint[2] { (nuint)start, (nuint)buffer.Length };
            nuint* message = stackalloc nuint[7] { 0, 0, (nuint)part, 1, (nuint)control, 24, 0 };
            nint received = ReceiveMessage(socket.SafeHandle, message, 0x40);
            received.ShouldBeGreaterThan(0, $"errno {Marshal.GetLastPInvokeError()}");
            string text = Encoding.UTF8.GetString(buffer, 0, (int)received);
            return (text, message[5] == 0 ? null : new SafeFileHandle(((int*)control)[4], ownsHandle: true));
        }
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static unsafe partial nint ReceiveMessage(SafeHandle socket, nuint* message, int flags);
}
