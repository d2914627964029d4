using Google.Protobuf;
using Grpc.Core;

namespace NodeAgent.Rpc;

/// <summary>
/// What a caller sends on a stream. A message whose bytes are none is the caller's fault, and said so (see
/// <see cref="UnreadableRequest"/>); that he has gone is the end of the call, and no defect of ours.
/// </summary>
internal sealed class RequestStream<T>(IAsyncStreamReader<T> stream, ServerCallContext context) : IAsyncStreamReader<T>
{
    public T Current => stream.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new RpcRefusal(RpcReason.InvalidRequest, UnreadableRequest.Message);
        }
        catch (Exception gone) when (gone is IOException || (gone is InvalidOperationException && context.CancellationToken.IsCancellationRequested))
        {
            throw new OperationCanceledException("The caller has gone.", gone, context.CancellationToken);
        }
    }
}
