using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>One attachment to a VM's display: passes on what a viewer and the VM's QEMU say to each other, without looking into it.</summary>
internal sealed class DisplaySession : IDisposable
{
    private const int BlockSize = 16 * 1024;

    private readonly Call _call;
    private readonly CancellationTokenSource _left;
    private readonly AsyncDuplexStreamingCall<StreamDisplayRequest, StreamDisplayResponse> _stream;
    private Task<bool> _next = Task.FromResult(false);
    private ByteString _greeting = ByteString.Empty;

    private DisplaySession(Call call, Metadata? headers)
    {
        _call = call;
        _left = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
        _stream = call.Agent.Vms.StreamDisplay(new CallOptions(headers, call.Deadline?.UtcDateTime, _left.Token));
    }

    /// <summary>Attaches, and waits until QEMU greets.</summary>
    public static async Task<DisplaySession> OpenAsync(Call call, string vm, Metadata? headers)
    {
        var session = new DisplaySession(call, headers);
        try
        {
            await session.OpenAsync(vm);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Waits for something, usually a viewer, for as long as the display is there; null when that ended first.</summary>
    public async Task<T?> UntilAsync<T>(Func<CancellationToken, Task<T>> wait)
        where T : class
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_call.Cancellation);
        var waiting = wait(ended.Token);
        if (await Task.WhenAny(waiting, _next) == waiting)
        {
            return await waiting;
        }

        await ended.CancelAsync();
        await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndedAsync();
        return null;
    }

    /// <summary>Serves a viewer until one side leaves.</summary>
    /// <returns>Whether it was the viewer.</returns>
    public async Task<bool> ServeAsync(Socket viewer)
    {
        var up = PassUpAsync(viewer);
        var down = PassDownAsync(viewer);
        var viewerLeft = await Task.WhenAny(up, down) == up;
        await _left.CancelAsync();
        await up;
        var broken = await down;
        _call.Cancellation.ThrowIfCancellationRequested();
        if (viewerLeft)
        {
            return true;
        }

        return broken is null ? Closed() : throw broken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _left.Dispose();
    }

    private async Task OpenAsync(string vm)
    {
        try
        {
            await _stream.RequestStream.WriteAsync(new StreamDisplayRequest { Attach = new DisplayAttach { Vm = vm } }, _left.Token);
        }
        catch (Exception refused) when (refused is InvalidOperationException or RpcException)
        {
            // Refused already; the answer says why.
        }

        _greeting = await _stream.ResponseStream.MoveNext(_left.Token) ? _stream.ResponseStream.Current.Data : ByteString.Empty;
        _next = _stream.ResponseStream.MoveNext(_left.Token);
    }

    private async Task EndedAsync()
    {
        _call.Cancellation.ThrowIfCancellationRequested();
        await _next;
        Closed();
    }

    private bool Closed()
    {
        _call.Printer.Note("The display has closed.");
        return false;
    }

    private async Task PassUpAsync(Socket viewer)
    {
        var block = new byte[BlockSize];
        try
        {
            while (await viewer.ReceiveAsync(block, SocketFlags.None, _left.Token) is > 0 and var length)
            {
                await _stream.RequestStream.WriteAsync(new StreamDisplayRequest { Data = ByteString.CopyFrom(block, 0, length) }, _left.Token);
            }
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or InvalidOperationException or RpcException)
        {
            // Either side has left; how the other way ended tells which.
        }
    }

    // Why the agent ended the stream, if in disorder.
    private async Task<RpcException?> PassDownAsync(Socket viewer)
    {
        try
        {
            await SendAsync(viewer, _greeting);
            while (await _next)
            {
                await SendAsync(viewer, _stream.ResponseStream.Current.Data);
                _next = _stream.ResponseStream.MoveNext(_left.Token);
            }
        }
        catch (RpcException broken)
        {
            return broken;
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException)
        {
            // The viewer has left.
        }

        return null;
    }

    private async Task SendAsync(Socket viewer, ByteString data)
    {
        for (var rest = data.Memory; !rest.IsEmpty;)
        {
            rest = rest[await viewer.SendAsync(rest, SocketFlags.None, _left.Token)..];
        }
    }
}
