namespace NodeAgent.Bindings.Bus;

/// <summary>A request between the call and its answer. Everything but the waiting happens on the thread of the bus.</summary>
internal abstract class PendingCall(BusCall call, Action<BusWriter> write)
{
    public BusCall Call { get; } = call;

    /// <summary>The number it was sent under; zero until then.</summary>
    public ulong Cookie { get; set; }

    public void Write(BusWriter writer) => write(writer);

    /// <summary>Completes it with the body of the answer. Never throws.</summary>
    public abstract void Return(BusReader body);

    /// <summary>Completes it with a failure. Never throws.</summary>
    public abstract void Fail(Exception failure);

    /// <summary>Nobody wants the answer any more; one that came meanwhile is cleared away.</summary>
    public abstract void Discard();
}

/// <inheritdoc/>
internal sealed class PendingCall<T>(BusCall call, Action<BusWriter> write, Func<BusReader, T> read) : PendingCall(call, write)
{
    // The caller's code must not run on the thread of the bus.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _answer;

    public Task<T> Completion => _completion.Task;

    public override void Return(BusReader body)
    {
        try
        {
            _answer = read(body);
            _completion.TrySetResult(_answer);
        }
        catch (BusException malformed)
        {
            Fail(malformed);
        }
    }

    public override void Fail(Exception failure) => _completion.TrySetException(failure);

    // A descriptor that nobody took would stay open until it is collected.
    public override void Discard() => (_answer as IDisposable)?.Dispose();
}
