using System.Text;
using Google.Protobuf;
using Grpc.Core;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>One client of a VM's serial console.</summary>
internal sealed class ConsoleClient : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<StreamConsoleRequest, StreamConsoleResponse> _call;
    private readonly StringBuilder _seen = new();

    private ConsoleClient(AsyncDuplexStreamingCall<StreamConsoleRequest, StreamConsoleResponse> call) => _call = call;

    /// <summary>All that came so far.</summary>
    public string Seen => _seen.ToString();

    public static async Task<ConsoleClient> AttachAsync(AgentClient client, string vm, bool history = false, bool readOnly = false, Metadata? headers = null)
    {
        var call = client.Vms.StreamConsole(headers);
        try
        {
            await call.RequestStream.WriteAsync(new StreamConsoleRequest
            {
                Attach = new ConsoleAttach { Vm = vm, History = history, ReadOnly = readOnly },
            });
        }
        catch (Exception refused) when (headers is not null && refused is InvalidOperationException or RpcException)
        {
            // The first thing that is read says why.
        }

        return new ConsoleClient(call);
    }

    public async Task TypeAsync(string text) =>
        await _call.RequestStream.WriteAsync(new StreamConsoleRequest { Input = ByteString.CopyFrom(text, Encoding.Latin1) });

    /// <summary>Reads on until a text has come that was not there at the last call; returns all up to and with it.</summary>
    public async Task<string> UntilAsync(string text)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var from = _consumed;
        while (true)
        {
            var at = Seen.IndexOf(text, from, StringComparison.Ordinal);
            if (at >= 0)
            {
                _consumed = at + text.Length;
                return Seen[..(at + text.Length)];
            }

            if (!await ReadAsync(limit.Token))
            {
                throw new EndOfStreamException($"The console ended before \"{text}\" came: {Seen}");
            }
        }
    }

    /// <summary>Reads until the agent ends the stream.</summary>
    public async Task UntilEndAsync()
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (await ReadAsync(limit.Token))
        {
        }
    }

    public ValueTask DisposeAsync()
    {
        _call.Dispose();
        return ValueTask.CompletedTask;
    }

    private int _consumed;

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await _call.ResponseStream.MoveNext(cancellationToken))
            {
                return false;
            }
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The console is silent: {Seen}", error);
        }

        _seen.Append(_call.ResponseStream.Current.Output.ToString(Encoding.Latin1));
        return true;
    }
}
