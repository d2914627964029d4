using Grpc.Core;

namespace NodeAgent.Rpc;

/// <summary>
/// What a caller is told on a stream. Where he has gone meanwhile the framework calls the next word an invalid operation,
/// which reads like a defect of ours; it is a call that was cancelled.
/// </summary>
internal sealed class AnswerStream<T>(IServerStreamWriter<T> stream, ServerCallContext context) : IServerStreamWriter<T>
{
    public WriteOptions? WriteOptions
    {
        get => stream.WriteOptions;
        set => stream.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(message, cancellationToken);
        }
        catch (Exception gone) when (gone is IOException || (gone is InvalidOperationException && context.CancellationToken.IsCancellationRequested))
        {
            throw new OperationCanceledException("The caller has gone.", gone, context.CancellationToken);
        }
    }
}
