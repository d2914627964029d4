using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>
/// One attachment to a guest's serial console. It ends when the user presses Ctrl-], when the agent closes the console,
/// or, with input from a pipe, when that has ended and the guest has been quiet for a while.
/// </summary>
internal sealed class ConsoleSession : IDisposable
{
    // Ctrl-], as in telnet and virsh: no shell or editor in the guest needs it.
    private const byte Leave = 0x1d;
    private const int BlockSize = 4096;

    private readonly Call _call;
    private readonly ConsoleAttach _attach;
    private readonly TimeSpan _linger;
    private readonly CancellationTokenSource _left;
    private readonly AsyncDuplexStreamingCall<StreamConsoleRequest, StreamConsoleResponse> _stream;
    private long _lastOutput;

    /// <summary>Prepares the session.</summary>
    /// <param name="call">The run.</param>
    /// <param name="attach">Which console, and how.</param>
    /// <param name="linger">How long a guest may be quiet after the input's end.</param>
    /// <param name="headers">What presents a ticket; null without one.</param>
    public ConsoleSession(Call call, ConsoleAttach attach, TimeSpan linger, Metadata? headers)
    {
        _call = call;
        _attach = attach;
        _linger = linger;
        _left = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
        _stream = call.Agent.Vms.StreamConsole(new CallOptions(headers, call.Deadline?.UtcDateTime, _left.Token));
    }

    private bool AtKeyboard => _call.Surroundings.InputIsTerminal && !_attach.ReadOnly;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _left.Dispose();
    }

    /// <summary>Runs until one side leaves.</summary>
    public async Task RunAsync()
    {
        try
        {
            await _stream.RequestStream.WriteAsync(new StreamConsoleRequest { Attach = _attach }, _left.Token);
        }
        catch (Exception refused) when (refused is InvalidOperationException or RpcException)
        {
            // Refused already; the answer says why.
        }

        if (AtKeyboard)
        {
            _call.Printer.Note($"Console of {_attach.Vm}; Ctrl-] leaves.");
        }

        using (AtKeyboard ? _call.Surroundings.EnterRawMode() : null)
        {
            var output = ShowOutputAsync();
            if (!_attach.ReadOnly)
            {
                await Task.WhenAny(output, AtKeyboard ? PassInputAsync() : PassInputThenLingerAsync(output)).Unwrap();
                // Either the user left, or the agent closed the console; in the latter case the next line tells how.
                await LeaveAsync(output);
            }

            await output;
        }

        if (AtKeyboard)
        {
            _call.Printer.Note("");
        }

        _call.Cancellation.ThrowIfCancellationRequested();
    }

    private async Task ShowOutputAsync()
    {
        try
        {
            await foreach (var response in _stream.ResponseStream.ReadAllAsync(_left.Token))
            {
                _lastOutput = _call.Time.GetTimestamp();
                if (response.ItemCase == StreamConsoleResponse.ItemOneofCase.Output)
                {
                    await _call.Surroundings.RawOut.WriteAsync(response.Output.Memory, _left.Token);
                    await _call.Surroundings.RawOut.FlushAsync(_left.Token);
                }
                else
                {
                    _call.Printer.Note($"[{response.DroppedBytes} bytes were lost: this terminal did not keep up]");
                }
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && _left.IsCancellationRequested)
        {
            // We left.
        }
        catch (OperationCanceledException) when (!_call.Cancellation.IsCancellationRequested)
        {
            // We left.
        }
    }

    private async Task PassInputAsync()
    {
        var block = new byte[BlockSize];
        int length;
        while ((length = await _call.Surroundings.Input.ReadAsync(block, _left.Token)) > 0)
        {
            var leave = AtKeyboard ? Array.IndexOf(block, Leave, 0, length) : -1;
            var passed = leave >= 0 ? leave : length;
            if (passed > 0 && !await PassAsync(ByteString.CopyFrom(block, 0, passed)))
            {
                return;
            }

            if (leave >= 0)
            {
                return;
            }
        }
    }

    // False when the agent has closed the console; how it ended is for the output to say.
    private async Task<bool> PassAsync(ByteString keys)
    {
        try
        {
            await _stream.RequestStream.WriteAsync(new StreamConsoleRequest { Input = keys }, _left.Token);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private async Task PassInputThenLingerAsync(Task output)
    {
        await PassInputAsync();
        _lastOutput = _call.Time.GetTimestamp();
        while (!output.IsCompleted)
        {
            var left = _linger - _call.Time.GetElapsedTime(_lastOutput);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            await Task.WhenAny(output, Task.Delay(left, _call.Time, _left.Token));
        }
    }

    private async Task LeaveAsync(Task output)
    {
        if (!output.IsCompleted)
        {
            await _left.CancelAsync();
        }
    }
}
