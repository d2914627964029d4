namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>
/// The system's clock, at which the ledger's writer can be made to wait: from there on nothing becomes durable, as on a
/// disk that does not sync. Reads go on.
/// </summary>
internal sealed class LedgerClock : TimeProvider
{
    private readonly ManualResetEventSlim _goes = new(initialState: true);

    /// <summary>Holds the writer up until what is returned is disposed of.</summary>
    public IDisposable Stop()
    {
        _goes.Reset();
        return new Start(_goes);
    }

    public override DateTimeOffset GetUtcNow()
    {
        HoldUp();
        return base.GetUtcNow();
    }

    public override long GetTimestamp()
    {
        HoldUp();
        return base.GetTimestamp();
    }

    private void HoldUp()
    {
        if (Thread.CurrentThread.Name == "ledger")
        {
            _goes.Wait();
        }
    }

    private sealed class Start(ManualResetEventSlim goes) : IDisposable
    {
        public void Dispose() => goes.Set();
    }
}
