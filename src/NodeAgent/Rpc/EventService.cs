using Grpc.Core;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>The contract's EventService over the durable log.</summary>
internal sealed class EventService(NodeLedger ledger, VmRegistry registry, StopGrace stop) : V1.EventService.EventServiceBase
{
    private const int Piece = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public override async Task<V1.ListEventsResponse> ListEvents(V1.ListEventsRequest request, ServerCallContext context)
    {
        var wanted = new EventQuery(VmIdOf(request.Vm), request.KindPrefix, request.MinimumSeverity);
        return await new EventPages(ledger.Events, wanted).ReadAsync(request, context.CancellationToken);
    }

    public override async Task WatchEvents(V1.WatchEventsRequest request, IServerStreamWriter<V1.WatchEventsResponse> responseStream, ServerCallContext context)
    {
        if (request.FromOldest && request.ResumeToken.Length > 0)
        {
            throw RpcRefusal.Field("resume_token", "It must be empty where from_oldest is set.");
        }

        var wanted = new EventQuery(VmIdOf(request.Vm), request.KindPrefix, V1.EventSeverity.Unspecified);
        var end = ledger.Events.Newest;
        var after = request.FromOldest ? ledger.Events.Oldest
            : request.ResumeToken.Length == 0 ? end
            : EventPages.TokenOf("resume_token", request.ResumeToken);
        if (after.LedgerId != end.LedgerId || after.Sequence > end.Sequence)
        {
            throw EventPages.Expired();
        }

        using var life = stop.Link(context);
        try
        {
            await FollowAsync(ledger.Events.Follow(after, wanted.Filter), wanted, end, StillMay, responseStream, life.Token);
        }
        catch (OperationCanceledException)
        {
            throw StopGrace.Ended(context);
        }

        void StillMay()
        {
            if (wanted.VmId is { } vm)
            {
                ScopeGate.CheckStill(registry, vm, request.Vm, context);
            }
        }
    }

    private static async Task FollowAsync(
        EventFollower follower, EventQuery wanted, EventToken end, Action stillMay, IServerStreamWriter<V1.WatchEventsResponse> output, CancellationToken cancellationToken)
    {
        var synced = false;
        while (true)
        {
            if (!synced && follower.Place.Sequence >= end.Sequence)
            {
                synced = true;
                await output.WriteAsync(new V1.WatchEventsResponse { Synced = new V1.EventsSynced { Token = follower.Place.ToString() } }, cancellationToken);
            }

            var read = await follower.NextAsync(Piece, Patience, cancellationToken);
            if (read is not EventPage page)
            {
                throw EventPages.Expired();
            }

            stillMay();
            foreach (var item in page.Events.Where(wanted.Wants))
            {
                await output.WriteAsync(new V1.WatchEventsResponse { Event = EventWriter.Write(item, page.Next.LedgerId) }, cancellationToken);
            }
        }
    }

    // Events of a VM that is no more are found by its id; its name is known only while it is there.
    private Guid? VmIdOf(string vm) => vm.Length == 0 ? null
        : Guid.TryParse(vm, out var id) ? id
        : registry.Get(vm).Definition.Id;
}
