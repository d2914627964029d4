using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using ReferenceManager.Admin.V1;
using ReferenceManager.Authority;
using ReferenceManager.Control;
using ReferenceManager.Sessions;
using ReferenceManager.Storage;

namespace ReferenceManager.Admin;

/// <summary>Certificates for people and programs, taking them back, and replacing the authority.</summary>
internal sealed class Certificates(Database database, FleetTrust trust, CertificateBook book, NodeBook nodes, AuthorityRotation rotation)
{
    private static readonly TimeSpan s_usualValidity = TimeSpan.FromDays(90);

    public async Task<IssueCertificateResponse> IssueAsync(IssueCertificateRequest request)
    {
        if (!Enum.TryParse<FleetRole>(request.Role, ignoreCase: true, out var role) || role == FleetRole.Node || !FleetIdentity.IsName(request.Name))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument,
                "role: one of manager, admin, operator, viewer, metrics (a node's is issued when it enrols); name: 1 to 128 letters, digits, '-', '.', '_'"));
        }

        // Made here for the sake of a short command line. A node's key never comes here.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = new CertificateRequest("CN=any", key, HashAlgorithmName.SHA256).PublicKey;
        var validity = request.Validity?.ToTimeSpan() ?? s_usualValidity;
        var issued = await database.CommitAsync(connection => book.Issue(connection, publicKey, role, request.Name, validity));
        return new IssueCertificateResponse
        {
            CertificatePem = PemEncoding.WriteString("CERTIFICATE", issued.Der) + "\n",
            KeyPem = key.ExportPkcs8PrivateKeyPem() + "\n",
            CaPem = string.Concat(trust.Current.Authorities.Select(authority => authority.Certificate.ExportCertificatePem() + "\n")),
            Serial = issued.Serial,
        };
    }

    public async Task<RevokeResponse> RevokeAsync(RevokeRequest request)
    {
        var serials = database.Read(connection => CertificateBook.Find(connection, request.What.ToUpperInvariant()) is { } one
            ? [one]
            : CertificateBook.Of(connection, FleetRole.Node, nodes.Get(request.What).Id))
            .Where(certificate => !certificate.IsRevoked)
            .Select(certificate => certificate.Serial)
            .ToArray();
        await trust.RevokeAsync(serials);
        // A revoked node keeps nobody waiting any more.
        nodes.RingTrust();
        return new RevokeResponse { Serials = { serials }, TrustVersion = trust.Current.Version };
    }

    public async Task<RotationStatus> RotateAsync(RotateAuthorityRequest request)
    {
        switch (request.Step)
        {
            case RotateAuthorityRequest.Types.Step.Begin:
                await rotation.BeginAsync();
                break;
            case RotateAuthorityRequest.Types.Step.Finish:
                await rotation.FinishAsync(request.Force);
                break;
        }

        var (phase, waitingFor) = rotation.Status();
        return new RotationStatus { Phase = phase, TrustVersion = trust.Current.Version, WaitingFor = { waitingFor } };
    }
}
