namespace NodeAgent.Bindings.Bus;

/// <summary>A request whose answer is taken on the thread of the bus itself, in order with the signals around it.</summary>
internal sealed class ThreadCall(BusCall call, Action<BusWriter> write, Action<BusReader> onReturn, Action<Exception> onFailure)
    : PendingCall(call, write)
{
    public override void Return(BusReader body)
    {
        try
        {
            onReturn(body);
        }
        catch (BusException malformed)
        {
            onFailure(malformed);
        }
    }

    public override void Fail(Exception failure) => onFailure(failure);

    public override void Discard()
    {
    }
}
