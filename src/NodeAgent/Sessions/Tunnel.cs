using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using NodeAgent.Manager.V1;
using NodeAgent.Security;

namespace NodeAgent.Sessions;

/// <summary>A connection whose bytes travel in a session's tunnel.</summary>
internal sealed class Tunnel : IAsyncDisposable
{
    private const int PieceBytes = 32 * 1024;

    // Who is not read stops the other end here, as a full socket would.
    private static readonly PipeOptions Bounded = new(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024, useSynchronizationContext: false);

    private readonly Pipe _in = new(Bounded);
    private readonly Pipe _out = new(Bounded);
    private readonly DefaultConnectionContext _connection;

    public Tunnel(Caller manager)
    {
        _connection = new ServedConnection($"tunnel-{Guid.NewGuid():N}", new Ends(_in.Reader, _out.Writer), new Ends(_out.Reader, _in.Writer))
        {
            LocalEndPoint = new TunnelEndPoint(),
            RemoteEndPoint = new TunnelEndPoint(),
        };
        _connection.Features.Set(manager);
    }

    /// <summary>For the server.</summary>
    public ConnectionContext Connection => _connection;

    /// <summary>Hands on what the manager sends.</summary>
    public async Task ReceiveAsync(IAsyncStreamReader<OpenTunnelResponse> from, CancellationToken cancellationToken)
    {
        try
        {
            while (await from.MoveNext(cancellationToken))
            {
                var read = await _in.Writer.WriteAsync(from.Current.Data.Memory, cancellationToken);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            await _in.Writer.CompleteAsync();
        }
    }

    /// <summary>Hands on what the server sends.</summary>
    public async Task SendAsync(IClientStreamWriter<OpenTunnelRequest> to, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var read = await _out.Reader.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (!rest.IsEmpty)
                {
                    var piece = rest.Slice(0, Math.Min(PieceBytes, rest.Length));
                    await to.WriteAsync(new OpenTunnelRequest { Data = UnsafeByteOperations.UnsafeWrap(piece.ToArray()) }, cancellationToken);
                    rest = rest.Slice(piece.End);
                }

                _out.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    await to.CompleteAsync();
                    return;
                }
            }
        }
        finally
        {
            await _out.Reader.CompleteAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Abort(new ConnectionAbortedException("The tunnel has ended."));
        await _in.Writer.CompleteAsync();
        await _out.Reader.CompleteAsync();
    }

    // The server may abort a connection after it has disposed of it, and then the framework's own would throw on a thread of the pool.
    private sealed class ServedConnection(string id, IDuplexPipe transport, IDuplexPipe application) : DefaultConnectionContext(id, transport, application)
    {
        private readonly IDuplexPipe _transport = transport;

#pragma warning disable CA2215 // What it would dispose of is what an abort uses; the collector takes it.
        public override async ValueTask DisposeAsync()
        {
            // Where it was refused, nobody has read or written, and nobody else would tell the manager of its end.
            await _transport.Input.CompleteAsync();
            await _transport.Output.CompleteAsync();
        }
#pragma warning restore CA2215
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
