using Grpc.Core;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>Who makes a call.</summary>
internal static class Callers
{
    /// <summary>As the connection's gate found out.</summary>
    public static Caller Of(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<Caller>()
        ?? throw new InvalidOperationException("A call came in by a connection that passed no gate.");

    /// <summary>For which VMs the caller may make this call.</summary>
    public static VmScope ScopeOf(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<VmScope>()
        ?? throw new InvalidOperationException("A call came in that the access gate has not seen.");

    /// <summary>The ticket by which the call came in; <c>null</c> where it came by the caller's roles.</summary>
    public static TicketGrant? TicketOf(ServerCallContext context) => context.GetHttpContext().Features.Get<TicketGrant>();

    /// <summary>The caller with the request's id and fingerprint, for the floor below.</summary>
    public static RequestContext Request(ServerCallContext context, Google.Protobuf.IMessage request)
    {
        var id = MethodFacts.Of(context.Method).RequestIdOf(request);
        RequestFingerprint.CheckId(id);
        var asked = id.Length == 0
            ? new RequestContext(Of(context).Identity)
            : new RequestContext(Of(context).Identity, id, RequestFingerprint.Of(context.Method, request));
        return asked with { Audit = CallRecord.Of(context)?.Entry };
    }
}
