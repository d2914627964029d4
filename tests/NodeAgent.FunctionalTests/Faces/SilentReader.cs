using System.Text;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A client of a console that reads only when it is told to, and counts what it got and what it lost.</summary>
internal sealed class SilentReader : IDisposable
{
    private readonly AsyncDuplexStreamingCall<StreamConsoleRequest, StreamConsoleResponse> _call;
    private readonly StringBuilder _output = new();

    private SilentReader(AsyncDuplexStreamingCall<StreamConsoleRequest, StreamConsoleResponse> call) => _call = call;

    /// <summary>All output that came.</summary>
    public string Output => _output.ToString();

    /// <summary>Bytes that the agent said were lost.</summary>
    public long DroppedBytes { get; private set; }

    /// <summary>Attaches, and returns when a text of the kept history has come, so that the attachment is certain.</summary>
    public static async Task<SilentReader> AttachAsync(AgentClient client, string vm, string text)
    {
        var reader = new SilentReader(client.Vms.StreamConsole());
        await reader._call.RequestStream.WriteAsync(new StreamConsoleRequest { Attach = new ConsoleAttach { Vm = vm, History = true } });
        await reader.ReadUntilAsync(text);
        return reader;
    }

    /// <summary>Types something.</summary>
    public Task TypeAsync(string text) =>
        _call.RequestStream.WriteAsync(new StreamConsoleRequest { Input = Google.Protobuf.ByteString.CopyFromUtf8(text) });

    /// <summary>Reads until a text has come, and gives the number of bytes up to its end, lost ones among them.</summary>
    public async Task<long> ReadUntilAsync(string text)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var from = _output.Length;
        while (true)
        {
            (await _call.ResponseStream.MoveNext(limit.Token)).ShouldBeTrue($"the console ended before '{text}' came");
            var message = _call.ResponseStream.Current;
            DroppedBytes += message.DroppedBytes;
            _output.Append(message.Output.ToString(Encoding.Latin1));
            var begin = Math.Max(0, from - text.Length);
            var at = _output.ToString(begin, _output.Length - begin).IndexOf(text, StringComparison.Ordinal);
            if (at >= 0)
            {
                return begin + at + text.Length + DroppedBytes;
            }

            from = _output.Length;
        }
    }

    public void Dispose() => _call.Dispose();
}
