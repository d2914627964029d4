using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Fleet;

/// <summary>
/// Carries out requests about the membership, one at a time and each once: a repeat, whose first answer was lost, finds it
/// done, also where the agent was killed before the ledger knew of it. One that failed changed nothing and may be repeated
/// under its id.
/// </summary>
internal sealed partial class FleetRequests(NodeLedger ledger, MembershipStore store, TimeProvider time, ILogger<FleetRequests> log)
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Carries it out, unless it was before.</summary>
    /// <exception cref="VmException">The request id was used for another request.</exception>
    /// <exception cref="LedgerException">What came before can't be read.</exception>
    public async Task RunAsync(string method, RequestContext request, Func<Task> act, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            await SettleAsync();
            if (string.IsNullOrEmpty(request.RequestId))
            {
                await act();
                return;
            }

            var key = new KeyRow(request.Caller, request.RequestId, method, request.Fingerprint ?? "", null, "", time.GetUtcNow());
            if (await ledger.FindKeyAsync(request.Caller, request.RequestId, cancellationToken) is { } earlier)
            {
                if (!earlier.IsSameRequest(key))
                {
                    throw new VmException(VmErrorReason.RequestIdReused, $"The request_id '{request.RequestId}' was used for another request ({earlier.Method}); choose a new one.");
                }

                return;
            }

            Keep(new BegunRequest { Key = key, Before = store.Mark });
            try
            {
                await act();
            }
            catch
            {
                Keep(null);
                throw;
            }

            await RecordAsync(key);
        }
        finally
        {
            _one.Release();
        }
    }

    // What was under way when an agent ended, or waits for a disk that takes nothing.
    private async Task SettleAsync()
    {
        if (store.Begun is not { } begun)
        {
            return;
        }

        if (store.Mark == begun.Before)
        {
            Keep(null);
        }
        else
        {
            await RecordAsync(begun.Key);
        }
    }

    // A fact by now: it is done, whether the disk takes the note at once or not.
    private async Task RecordAsync(KeyRow key)
    {
        if (await ledger.RecordAsync(new LedgerBatch(new ClaimKey(key))) is not DeferredCommit)
        {
            Keep(null);
        }
    }

    // A node must be able to leave although its disk is full. What is lost then is the knowledge after a kill just now.
    private void Keep(BegunRequest? begun)
    {
        try
        {
            store.Keep(begun);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogNotKept(failed.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Which request about the membership is under way could not be noted: {Problem}")]
    private partial void LogNotKept(string problem);
}
