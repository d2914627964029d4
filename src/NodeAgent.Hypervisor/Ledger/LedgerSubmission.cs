namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A batch on its way to the writer, and the promise to its owner.</summary>
/// <param name="Batch">The writes.</param>
/// <param name="IsObserved">
/// Whether it tells what happened already: such a batch can't be refused for want of space, it waits.
/// </param>
internal sealed record LedgerSubmission(LedgerBatch Batch, bool IsObserved)
{
    private readonly TaskCompletionSource<LedgerCommit> _promise =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<LedgerCommit> Task => _promise.Task;

    public void Settle(LedgerCommit commit) => _promise.TrySetResult(commit);

    public void Fail(LedgerException failure) => _promise.TrySetException(failure);
}
