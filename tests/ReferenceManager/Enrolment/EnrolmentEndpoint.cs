using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;

namespace ReferenceManager.Enrolment;

/// <summary>The service that is open to callers without a certificate. It reads and writes; the rules are behind it.</summary>
internal sealed class EnrolmentEndpoint(FleetTrust trust, Enroller enroller, Renewal renewal, IReadOnlyList<string> endpoints)
    : EnrolmentService.EnrolmentServiceBase
{
    /// <summary>No request here is larger: a stranger does not get to fill the memory.</summary>
    public const int MostRequestBytes = 64 * 1024;

    public override Task<TrustBundle> GetTrustBundle(GetTrustBundleRequest request, ServerCallContext context) =>
        Task.FromResult(trust.Current.Bundle);

    public override async Task<EnrolResponse> Enrol(EnrolRequest request, ServerCallContext context) =>
        Write(await enroller.EnrolAsync(request));

    public override async Task<EnrolResponse> WaitEnrolment(WaitEnrolmentRequest request, ServerCallContext context) =>
        Write(await enroller.WaitAsync(request.EnrolmentId, context.CancellationToken));

    public override async Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context) =>
        new() { Issued = Write(await renewal.RenewAsync(request)) };

    private EnrolResponse Write((EnrolmentRow Row, IssuedCertificate? Certificate) answer) => answer.Certificate is { } certificate
        ? new EnrolResponse { Issued = Write(certificate) }
        : new EnrolResponse { Pending = new Pending { EnrolmentId = answer.Row.Id, KeyFingerprint = answer.Row.Key } };

    private Issued Write(IssuedCertificate certificate) => new()
    {
        // One authority, one step: nothing lies between it and the node's certificate.
        CertificateChain = { ByteString.CopyFrom(certificate.Der) },
        Trust = trust.Current.Bundle,
        FleetId = trust.Fleet,
        Endpoints = { endpoints },
    };
}
