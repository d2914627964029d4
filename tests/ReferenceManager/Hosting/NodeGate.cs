using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ReferenceManager.Authority;
using ReferenceManager.Sessions;

namespace ReferenceManager.Hosting;

/// <summary>
/// Stands before gRPC: enrolment is open to everybody, everything else to nodes of the fleet. TLS lets any certificate
/// through and this looks at it, so that whoever is refused gets an answer in words and not a broken handshake, and a
/// certificate that was revoked a second ago is refused on a connection that is an hour old.
/// </summary>
internal sealed class NodeGate(PeerCheck check)
{
    private const string OpenToAll = "/nodeagent.manager.v1.EnrolmentService";

    /// <summary>Lets a request pass, with its caller, or answers it.</summary>
    public Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments(OpenToAll, StringComparison.Ordinal))
        {
            return next(context);
        }

        var certificate = context.Connection.ClientCertificate;
        var (node, complaint) = check.Check(certificate, PeerCheck.ClientUse, FleetRole.Node);
        if (node is null)
        {
            Refuse(context.Response, complaint);
            return Task.CompletedTask;
        }

        context.Features.Set(new NodeCaller(node.Name, certificate!.SerialNumber));
        return next(context);
    }

    // An answer of gRPC without a body: the status is in the headers ("Trailers-Only").
    private static void Refuse(HttpResponse response, string complaint)
    {
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)StatusCode.Unauthenticated).ToString();
        response.Headers["grpc-message"] = Uri.EscapeDataString(complaint);
    }
}
