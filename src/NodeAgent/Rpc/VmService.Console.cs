using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Hypervisor.Consoles;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <content>The serial console.</content>
internal sealed partial class VmService
{
    // Well below what any client takes as one message.
    private const int PieceBytes = 32 * 1024;

    public override async Task StreamConsole(
        IAsyncStreamReader<V1.StreamConsoleRequest> requestStream, IServerStreamWriter<V1.StreamConsoleResponse> responseStream, ServerCallContext context)
    {
        using var life = doors.Link(context);
        RunWatch? run = null;
        try
        {
            if (!await requestStream.MoveNext(life.Token) || requestStream.Current.Attach is not { } attach)
            {
                throw RpcRefusal.Field("attach", "The first message must say which VM's console.");
            }

            var vm = doors.Find(context, Named(attach.Vm, "attach.vm"));
            var ticket = Callers.TicketOf(context);
            var lookOnly = LookOnly(attach, ticket);
            using var client = registry.Find(vm.Definition.Id.ToString("D")).RequireConsole().AddClient(attach.History, lookOnly is not null);
            run = doors.EndWithTicket(context, life);
            await CallRecord.OpenedAsync(context, vm.Definition.Id, vm.Definition.Name, (lookOnly is null ? "To look and to type." : "To look only.") + ByTicket(ticket));
            var typing = TypeAsync(requestStream, client, lookOnly, life);
            try
            {
                await ShowAsync(client, responseStream, life.Token);
            }
            finally
            {
                await life.CancelAsync();
                await typing;
            }
        }
        catch (OperationCanceledException) when (run is { IsOver: true })
        {
            // What a ticket opened does not outlast the run that the ticket was for.
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

    public override async Task ReadConsoleLog(V1.ReadConsoleLogRequest request, IServerStreamWriter<V1.ReadConsoleLogResponse> responseStream, ServerCallContext context)
    {
        if (request.TailBytes < 0)
        {
            throw RpcRefusal.Field("tail_bytes", "It can't be negative; 0 means all that is kept.");
        }

        using var life = doors.Link(context);
        try
        {
            var asked = registry.Find(Named(request.Vm));
            var console = asked.RequireConsole();
            var vm = asked.Snapshot.Definition;
            await CallRecord.OpenedAsync(context, vm.Id, vm.Name);
            foreach (var piece in Pieces(console.History.Read(request.TailBytes)))
            {
                await responseStream.WriteAsync(new V1.ReadConsoleLogResponse { Data = UnsafeByteOperations.UnsafeWrap(piece) }, life.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw StopGrace.Ended(context);
        }
    }

    // The client's buffer is bounded and drops when this writer waits for a slow reader; nothing piles up here.
    private static async Task ShowAsync(ConsoleClient client, IServerStreamWriter<V1.StreamConsoleResponse> output, CancellationToken cancellationToken)
    {
        await foreach (var chunk in client.ReadAllAsync(cancellationToken))
        {
            if (chunk.DroppedBytes > 0)
            {
                await output.WriteAsync(new V1.StreamConsoleResponse { DroppedBytes = chunk.DroppedBytes }, cancellationToken);
            }

            foreach (var piece in Pieces(chunk.Output))
            {
                await output.WriteAsync(new V1.StreamConsoleResponse { Output = UnsafeByteOperations.UnsafeWrap(piece) }, cancellationToken);
            }
        }
    }

    private static string ByTicket(TicketGrant? ticket) => ticket is null ? "" : $" By a ticket of {ticket.Issuer}.";

    // What to say to one who may not type; null for one who may.
    private static Exception? LookOnly(V1.ConsoleAttach attach, TicketGrant? ticket) =>
        ticket is { ReadOnly: true } ? new TicketException(TicketReason.Mismatch, "The ticket lets its holder look only.")
        : attach.ReadOnly ? RpcRefusal.Field("input", "The console was attached to look only.")
        : null;

    // Ends with the client's input; output goes on. A refusal of input ends the whole stream and is its status.
    private static async Task TypeAsync(IAsyncStreamReader<V1.StreamConsoleRequest> input, ConsoleClient client, Exception? lookOnly, CancellationTokenSource life)
    {
        try
        {
            while (await input.MoveNext(life.Token))
            {
                if (input.Current.ItemCase is not V1.StreamConsoleRequest.ItemOneofCase.Input || lookOnly is not null)
                {
                    throw lookOnly ?? RpcRefusal.Field("input", "After the first message only input may come.");
                }

                await client.WriteAsync(input.Current.Input.Memory, life.Token);
            }
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException && !life.IsCancellationRequested)
        {
            await life.CancelAsync();
            throw new VmException(VmErrorReason.NotRunning, "The VM does not run, so nobody reads what is typed; start it first.");
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The stream has ended.
        }
        catch (Exception error) when (error is RpcRefusal or TicketException)
        {
            await life.CancelAsync();
            throw;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> all)
    {
        for (var at = 0; at < all.Length; at += PieceBytes)
        {
            yield return all.Slice(at, Math.Min(PieceBytes, all.Length - at));
        }
    }
}
