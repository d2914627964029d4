using Grpc.Core;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>Whose console or display a call may open, by role or by ticket, and for how long it stays open.</summary>
internal sealed class VmDoors(VmRegistry registry, RunEnds ends, StopGrace stop, TicketDesk tickets)
{
    /// <summary>Where tickets are made.</summary>
    public TicketDesk Tickets => tickets;

    /// <summary>A life that ends with the call or when the agent stops.</summary>
    public CancellationTokenSource Link(ServerCallContext context) => stop.Link(context);

    /// <summary>The VM whose console or display a call opens: that of its ticket, else one that its roles allow.</summary>
    /// <exception cref="VmException">There is none that the caller may know of.</exception>
    /// <exception cref="TicketException">The ticket is for another VM; of the one that is named nothing is said.</exception>
    public VmSnapshot Find(ServerCallContext context, string idOrName)
    {
        if (Callers.TicketOf(context) is not { } ticket)
        {
            return ScopeGate.Get(registry, idOrName, context);
        }

        var vm = registry.TryGet(ticket.VmId) ?? throw new TicketException(TicketReason.Void);
        return idOrName == vm.Definition.Name || (Guid.TryParse(idOrName, out var id) && id == ticket.VmId)
            ? vm
            : throw new TicketException(TicketReason.Mismatch, "The ticket is for another VM.");
    }

    /// <summary>Ends a life that a ticket gave with the run that the ticket is for; <c>null</c> where there is no ticket.</summary>
    public RunWatch? EndWithTicket(ServerCallContext context, CancellationTokenSource life) =>
        Callers.TicketOf(context) is { } ticket ? ends.Watch(ticket.VmId, ticket.RunId, life) : null;

    /// <summary>Ends a life with the run that its ticket is for, or that the VM is in.</summary>
    public RunWatch EndWithRun(ServerCallContext context, VmSnapshot vm, CancellationTokenSource life) =>
        EndWithTicket(context, life) ?? ends.Watch(vm.Definition.Id, registry.TryGet(vm.Definition.Id)?.Run?.Id ?? Guid.Empty, life);
}
