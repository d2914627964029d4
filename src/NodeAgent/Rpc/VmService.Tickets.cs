using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <content>Tickets for consoles and displays.</content>
internal sealed partial class VmService
{
    private static readonly TimeSpan UsualLifetime = TimeSpan.FromMinutes(1), ShortestLifetime = TimeSpan.FromSeconds(1), LongestLifetime = TimeSpan.FromMinutes(10);

    public override async Task<V1.AccessTicket> CreateAccessTicket(V1.CreateAccessTicketRequest request, ServerCallContext context)
    {
        var vm = registry.Get(Named(request.Vm));
        var wish = ReadWish(request);
        var ticket = await doors.Tickets.IssueAsync(Callers.Of(context), vm, wish, Callers.Request(context, request), context.CancellationToken);
        return new V1.AccessTicket
        {
            Ticket = ticket.Secret,
            VmId = vm.Definition.Id.ToString(),
            VmName = vm.Definition.Name,
            Kind = request.Kind,
            ReadOnly = wish.ReadOnly,
            ExpireTime = ticket.ExpireTime.ToTimestamp(),
        };
    }

    private static TicketWish ReadWish(V1.CreateAccessTicketRequest request)
    {
        var violations = new Violations();
        var kind = request.Kind switch
        {
            V1.AccessKind.Console => TicketKind.Console,
            V1.AccessKind.Display => TicketKind.Display,
            V1.AccessKind.Unspecified => Missing(violations),
            _ => violations.Unknown("kind", request.Kind, TicketKind.Console),
        };
        if (request.ReadOnly && kind is TicketKind.Display)
        {
            violations.Add("read_only", "A display can't be opened to look only: what a viewer sends is not read. Take screenshots instead.");
        }

        var lifetime = violations.Duration("lifetime", request.Lifetime, UsualLifetime);
        if (lifetime < ShortestLifetime || lifetime > LongestLifetime)
        {
            violations.Add("lifetime", "Out of range. Write 1 s to 10 min, or leave it out for 60 s.");
        }

        violations.ThrowIfAny();
        return new TicketWish(kind, lifetime, request.ReadOnly);
    }

    private static TicketKind Missing(Violations violations)
    {
        violations.Add("kind", "It must be set: a console or a display.");
        return TicketKind.Console;
    }
}
