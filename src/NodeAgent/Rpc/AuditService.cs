using Grpc.Core;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>The contract's AuditService over the audit log.</summary>
internal sealed class AuditService(NodeLedger ledger, StopGrace stop) : V1.AuditService.AuditServiceBase
{
    private const int Piece = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public override Task<V1.ListAuditRecordsResponse> ListAuditRecords(V1.ListAuditRecordsRequest request, ServerCallContext context) =>
        new AuditPages(ledger.Audit, AuditQuery.Of(request)).ReadAsync(request, context.CancellationToken);

    public override Task<V1.AuditHead> GetAuditHead(V1.GetAuditHeadRequest request, ServerCallContext context) =>
        Task.FromResult(AuditWriter.Write(ledger.Audit.Ends));

    public override async Task WatchAuditRecords(
        V1.WatchAuditRecordsRequest request, IServerStreamWriter<V1.WatchAuditRecordsResponse> responseStream, ServerCallContext context)
    {
        if (request.AfterSequence < 0)
        {
            throw RpcRefusal.Field("after_sequence", "It can't be negative; 0 means from the oldest record that is kept.");
        }

        using var life = stop.Link(context);
        try
        {
            var place = request.AfterSequence;
            while (true)
            {
                foreach (var record in await ledger.Audit.ReadAfterAsync(place, Piece, life.Token))
                {
                    await responseStream.WriteAsync(new V1.WatchAuditRecordsResponse { Record = AuditWriter.Write(record) }, life.Token);
                    place = record.Sequence;
                }

                // A watcher that is ahead of the log waits for it to get there.
                await ledger.Audit.WaitBeyondAsync(place, Patience, life.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw StopGrace.Ended(context);
        }
    }
}
