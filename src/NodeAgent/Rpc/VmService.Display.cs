using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;

namespace NodeAgent.Rpc;

/// <content>The display.</content>
internal sealed partial class VmService
{
    public override async Task StreamDisplay(
        IAsyncStreamReader<V1.StreamDisplayRequest> requestStream, IServerStreamWriter<V1.StreamDisplayResponse> responseStream, ServerCallContext context)
    {
        using var life = doors.Link(context);
        RunWatch? run = null;
        try
        {
            if (!await requestStream.MoveNext(life.Token) || requestStream.Current.Attach is not { } attach)
            {
                throw RpcRefusal.Field("attach", "The first message must say which VM's display.");
            }

            var vm = doors.Find(context, Named(attach.Vm, "attach.vm"));
            using var line = await registry.Find(vm.Definition.Id.ToString("D")).OpenDisplayAsync();
            // A line to a later run than the ticket is for ends at once.
            run = doors.EndWithRun(context, vm, life);
            await CallRecord.OpenedAsync(context, vm.Definition.Id, vm.Definition.Name, ByTicket(Callers.TicketOf(context)).TrimStart());
            var sending = SendAsync(requestStream, line, life);
            try
            {
                await ReceiveAsync(line, responseStream, life.Token);
            }
            finally
            {
                await life.CancelAsync();
                await sending;
            }
        }
        catch (OperationCanceledException) when (run is { IsOver: true })
        {
            // QEMU has gone, and the stream with it.
        }
        catch (OperationCanceledException)
        {
            throw StopGrace.Ended(context);
        }
        finally
        {
            run?.Dispose();
        }
    }

    // One buffer: nothing is taken from QEMU before the client has taken what came last, and a viewer that QEMU waits for
    // gets fewer updates.
    private static async Task ReceiveAsync(Socket line, IServerStreamWriter<V1.StreamDisplayResponse> output, CancellationToken cancellationToken)
    {
        var buffer = new byte[PieceBytes];
        try
        {
            while (await line.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) is > 0 and var length)
            {
                await output.WriteAsync(new V1.StreamDisplayResponse { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, length)) }, cancellationToken);
            }
        }
        catch (SocketException)
        {
            // QEMU ended with something of the client's unread.
        }
    }

    // Ends the whole stream with the client's part of it: a viewer that has left looks no longer.
    private static async Task SendAsync(IAsyncStreamReader<V1.StreamDisplayRequest> input, Socket line, CancellationTokenSource life)
    {
        try
        {
            while (await input.MoveNext(life.Token))
            {
                if (input.Current.ItemCase is not V1.StreamDisplayRequest.ItemOneofCase.Data)
                {
                    throw RpcRefusal.Field("data", "After the first message only what the viewer sends may come.");
                }

                for (ReadOnlyMemory<byte> left = input.Current.Data.Memory; !left.IsEmpty;)
                {
                    left = left[await line.SendAsync(left, SocketFlags.None, life.Token)..];
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The stream has ended.
        }
        catch (RpcRefusal)
        {
            await life.CancelAsync();
            throw;
        }
        finally
        {
            line.Shutdown(SocketShutdown.Both);
        }
    }
}
