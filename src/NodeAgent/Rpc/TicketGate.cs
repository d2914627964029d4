using Grpc.Core;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Metrics;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// A ticket in place of a role: who presents one for what can be opened with tickets is judged by it alone, and before
/// anything but the headers of the request is read. With other methods it means nothing.
/// </summary>
internal static class TicketGate
{
    /// <summary>The header that carries it; request metadata for gRPC.</summary>
    public const string Header = "nodeagent-ticket";

    /// <summary>The method that opens what tickets of a kind are for.</summary>
    public static string MethodOf(TicketKind kind) => kind switch
    {
        TicketKind.Console => "/nodeagent.v1.VmService/StreamConsole",
        TicketKind.Display => "/nodeagent.v1.VmService/StreamDisplay",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Whether a request presents a ticket for something that tickets open.</summary>
    public static bool IsFor(HttpContext context) => context.Request.Headers.ContainsKey(Header) && KindOf(context) is not null;

    /// <summary>Uses the ticket up and lets the request in, or refuses it.</summary>
    public static Task ServeAsync(HttpContext context, RequestDelegate next, Caller caller)
    {
        var kind = KindOf(context)!.Value;
        var vms = context.RequestServices.GetRequiredService<VmRegistry>();
        try
        {
            var grant = context.RequestServices.GetRequiredService<AccessTickets>()
                .Redeem(context.Request.Headers[Header].ToString(), kind, vm => vms.TryGet(vm)?.Run?.Id);
            context.Features.Set(grant);
            return next(context);
        }
        catch (TicketException refusal)
        {
            var row = ErrorTable.Of(refusal.Reason);
            AccessGate.Record(context, caller, MethodOf(kind), row.Code, refusal.Message);
            context.RequestServices.GetRequiredService<RpcMetrics>().Finished(MethodFacts.Of(MethodOf(kind)).Name, row.Code, null);
            return AccessGate.AnswerAsync(context, ErrorMapping.Status(row, refusal.Message, "", []));
        }
    }

    private static TicketKind? KindOf(HttpContext context) => context.Request.Path.Value switch
    {
        { } path when path == MethodOf(TicketKind.Console) => TicketKind.Console,
        { } path when path == MethodOf(TicketKind.Display) => TicketKind.Display,
        _ => null,
    };
}
