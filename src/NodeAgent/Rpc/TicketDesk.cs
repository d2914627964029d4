using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>Makes tickets and puts on record who wanted them. Nobody gives away what he has not himself.</summary>
internal sealed class TicketDesk(AccessTickets tickets, LiveOptions options, NodeLedger ledger)
{
    private readonly RequestTurns _turns = new();

    /// <summary>Makes one for the run that a VM is in.</summary>
    /// <exception cref="RpcRefusal">The caller may not open it itself, or has too many tickets.</exception>
    /// <exception cref="VmException">The VM does not run, or has no such device.</exception>
    /// <exception cref="LedgerException">It could not be recorded, so there is none.</exception>
    public async Task<IssuedTicket> IssueAsync(Caller caller, VmSnapshot vm, TicketWish wish, RequestContext request, CancellationToken cancellationToken)
    {
        var method = TicketGate.MethodOf(wish.Kind);
        if (options.Current.Access.Policy.Decide(caller, method) is not { } scope || !scope.Covers(vm.Definition.Labels))
        {
            throw new RpcRefusal(RpcReason.NotPermitted, $"{caller.Identity} may not call {MethodFacts.Of(method).Name} for this VM, and so may not make a ticket for it.");
        }

        var run = vm is { State: VmState.Running or VmState.Paused, Run: { } now } ? now : throw new VmException(VmErrorReason.NotRunning, "The VM does not run; start it first.");
        Demand(wish.Kind, run.Spec ?? vm.Definition.Spec);
        using var turn = await _turns.TakeAsync(request, cancellationToken);
        var ticket = tickets.Issue(new TicketGrant(wish.Kind, vm.Definition.Id, run.Id, wish.ReadOnly, caller.Identity), wish.Lifetime, Key(request), out var isNew)
            ?? throw new RpcRefusal(
                RpcReason.TooManyTickets,
                $"{AccessTickets.MostOfOne} tickets of {caller.Identity}, or {AccessTickets.MostOfAll} in all, wait for somebody to present them; let some be used or expire.");
        try
        {
            return await RequestRecord.WriteAsync(ledger, vm.Definition, "CreateAccessTicket", request) || !isNew
                ? ticket
                : throw new VmException(VmErrorReason.RequestIdReused, "The ticket of this request_id is forgotten: it has expired, or the agent was started anew. Choose a new request_id.");
        }
        catch when (isNew)
        {
            tickets.Withdraw(ticket);
            throw;
        }
    }

    private static void Demand(TicketKind kind, VmSpec spec)
    {
        switch (kind)
        {
            case TicketKind.Console when spec.Console is null:
                throw new VmException(VmErrorReason.NoSuchDevice, "The VM has no serial console; add one to its spec and start it anew.");
            case TicketKind.Display when spec.Display is not { Vnc: true }:
                throw new VmException(VmErrorReason.NoSuchDevice, "The VM has no display; add one to its spec and start it anew.");
            default:
                break;
        }
    }

    private static string Key(RequestContext request) =>
        string.IsNullOrEmpty(request.RequestId) ? "" : $"{request.Caller}\0{request.RequestId}\0{request.Fingerprint}";
}

/// <summary>A ticket as it is asked for.</summary>
/// <param name="Kind">What it is to open.</param>
/// <param name="Lifetime">How long it waits for somebody to present it.</param>
/// <param name="ReadOnly">Whether its holder may look only.</param>
internal sealed record TicketWish(TicketKind Kind, TimeSpan Lifetime, bool ReadOnly);
