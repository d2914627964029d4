using System.Threading.Channels;
using Grpc.Core;
using NodeAgent.Manager.V1;

namespace NodeAgent.Sessions;

/// <summary>
/// What the node says in a session. gRPC takes one message at a time, and several parts of the session speak; leases go
/// before everything else, so that a long inventory makes nobody believe that the node is gone.
/// </summary>
internal sealed class SessionOutput(IClientStreamWriter<OpenSessionRequest> stream)
{
    // Small: who has much to say waits here for the manager to listen, and not in memory.
    private readonly Channel<OpenSessionRequest> _messages = Channel.CreateBounded<OpenSessionRequest>(4);
    private readonly Channel<OpenSessionRequest> _leases = Channel.CreateBounded<OpenSessionRequest>(1);

    /// <summary>Says something, in its turn.</summary>
    public ValueTask SayAsync(OpenSessionRequest message, CancellationToken cancellationToken) => _messages.Writer.WriteAsync(message, cancellationToken);

    /// <summary>Says a lease, next.</summary>
    public ValueTask SayAsync(Lease lease, CancellationToken cancellationToken) => _leases.Writer.WriteAsync(new OpenSessionRequest { Lease = lease }, cancellationToken);

    /// <summary>Writes until the session ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_leases.Reader.TryRead(out var next) || _messages.Reader.TryRead(out next))
            {
                await stream.WriteAsync(next, cancellationToken);
                continue;
            }

            await Task.WhenAny(_leases.Reader.WaitToReadAsync(cancellationToken).AsTask(), _messages.Reader.WaitToReadAsync(cancellationToken).AsTask());
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
