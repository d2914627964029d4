using System.Net.Sockets;

namespace NodeAgent.Bindings.Qmp;

/// <summary>Sends what the queue lets go, one line at a time, with one system call a line while QEMU keeps reading.</summary>
internal sealed class CommandSender(Socket socket, CommandQueue queue)
{
    /// <summary>Starts to send unless somebody does so already. Returns at once; never throws.</summary>
    public void Kick()
    {
        if (queue.TryStartSending())
        {
            _ = SendAllAsync();
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            while (queue.TryTake(out PendingCommand? command))
            {
                ReadOnlyMemory<byte> rest = command.Descriptor is null
                    ? command.Frame
                    : await SendDescriptorAsync(command);
                while (!rest.IsEmpty)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
                }
            }
        }
        catch (Exception)
        {
            // Whatever it was, a line may be half sent: nothing more can go out on this connection.
            StopReading();
        }
    }

    /// <summary>Sends the descriptor with as much of the line as fits; returns what is left of the line.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> SendDescriptorAsync(PendingCommand command)
    {
        while (true)
        {
            int sent = DescriptorMessage.TrySend(socket.SafeHandle, command.Frame.Span, command.Descriptor!, out int errno);
            if (sent >= 0)
            {
                return command.Frame[sent..];
            }

            if (errno != DescriptorMessage.WouldBlock)
            {
                queue.TakeReply(command.Id, out _);
                command.Fail(new QmpException(
                    QmpError.DescriptorRefused, $"{command.Name}: sendmsg with a file descriptor failed with errno {errno}"));
                return default;
            }

            // Space between two messages means nothing to QEMU; sending one waits, without blocking, for room.
            await socket.SendAsync(" "u8.ToArray(), SocketFlags.None);
        }
    }

    /// <summary>
    /// What QEMU sent before it went away, a SHUTDOWN above all, may still be unread. The read loop is left to read it
    /// and then to find the end of the stream, which closes the connection.
    /// </summary>
    private void StopReading()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Then the read loop has found out already.
        }
    }
}
