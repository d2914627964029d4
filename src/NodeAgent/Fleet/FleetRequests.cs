using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Fleet;

/// <summary>
/// Carries out requests about the membership, one at a time and each once: a repeat, whose first answer was lost, finds it
/// done. One that failed changed nothing and may be repeated under its id.
/// </summary>
internal sealed class FleetRequests(NodeLedger ledger, TimeProvider time)
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

            await act();

            // A fact by now: it is done, whether the disk takes the note at once or not.
            await ledger.RecordAsync(new LedgerBatch(new ClaimKey(key)));
        }
        finally
        {
            _one.Release();
        }
    }
}
