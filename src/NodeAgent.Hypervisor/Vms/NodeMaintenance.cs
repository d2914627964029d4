using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Takes the node into maintenance and out of it: on record before it is in force, so that it lasts through restarts of
/// the agent and of the host. Guests that run are left alone.
/// </summary>
public sealed class NodeMaintenance(VmServices services)
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The maintenance in force; <c>null</c> when the node is in service.</summary>
    public MaintenanceRow? Current => services.Gate.Maintenance;

    /// <summary>Refuses starts from now on. A node that is in maintenance already gets the new reason.</summary>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    /// <exception cref="LedgerException">It could not be recorded, so nothing was changed.</exception>
    public Task EnterAsync(string reason, RequestContext request, CancellationToken cancellationToken) => ChangeAsync(
        "EnterMaintenance",
        now => new MaintenanceRow(reason, request.Caller, Current?.Since ?? now),
        (EventKinds.NodeMaintenanceEntered, reason.Length > 0 ? $"The node is in maintenance: {reason}" : "The node is in maintenance."),
        request,
        cancellationToken);

    /// <summary>Lets VMs be started again; what waited for it is started. Nothing to do for a node that is in service.</summary>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    /// <exception cref="LedgerException">It could not be recorded, so nothing was changed.</exception>
    public Task ExitAsync(RequestContext request, CancellationToken cancellationToken) => ChangeAsync(
        "ExitMaintenance", static _ => null, (EventKinds.NodeMaintenanceExited, "The node is in service again."), request, cancellationToken);

    private async Task ChangeAsync(
        string method, Func<DateTimeOffset, MaintenanceRow?> next, (string Kind, string Message) fact, RequestContext request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var now = services.Time.GetUtcNow();
            var wanted = next(now);
            var batch = new LedgerBatch();
            if (wanted != Current)
            {
                batch.Add(new SetMaintenance(wanted));
                batch.Add(new AppendEvent(new EventDraft(now, fact.Kind, null, new EventPayload(fact.Message).ToJson())
                {
                    Caller = request.Caller,
                    RequestId = request.RequestId,
                }));
            }

            if (!string.IsNullOrEmpty(request.RequestId))
            {
                batch.Add(new ClaimKey(new KeyRow(request.Caller, request.RequestId, method, request.Fingerprint ?? "", null, "", now)));
            }

            if (batch.Count == 0)
            {
                return;
            }

            batch.Add(request.Record(now, method, null, ""));
            switch (await services.Ledger.CommitAsync(batch))
            {
                // A repeat of a request that was carried out: it is not carried out again.
                case RefusedCommit { Refusal: KeyTaken { IsConflict: false } }:
                    return;
                case RefusedCommit { Refusal: var refusal }:
                    throw VmRecords.Refused(refusal);
                default:
                    services.Gate.Set(wanted);
                    return;
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
