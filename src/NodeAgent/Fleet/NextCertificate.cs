using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>Asks a manager for the next certificate, for a new key, by the key of the present one, which may have expired.</summary>
internal static class NextCertificate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Asks.</summary>
    /// <param name="channel">To a manager that is proven.</param>
    /// <param name="nodeId">This node.</param>
    /// <param name="present">What the node has.</param>
    /// <param name="key">The new key.</param>
    /// <param name="time">The clock, and the end of the wait.</param>
    /// <param name="cancellationToken">Ends it sooner.</param>
    /// <returns>What was issued; <c>null</c> for an empty answer.</returns>
    public static async Task<Issued?> AskAsync(GrpcChannel channel, Guid nodeId, NodeCredentials present, ECDsa key, TimeProvider time, CancellationToken cancellationToken)
    {
        using var oldKey = present.Certificate.GetECDsaPrivateKey()!;
        var request = NodeKey.RequestFor(key, nodeId);
        var answer = await new EnrolmentService.EnrolmentServiceClient(channel).RenewAsync(
            new RenewRequest
            {
                NodeId = nodeId.ToString("D"),
                Certificate = Google.Protobuf.ByteString.CopyFrom(present.Certificate.RawData),
                CertificateRequest = Google.Protobuf.ByteString.CopyFrom(request),
                Signature = Google.Protobuf.ByteString.CopyFrom(NodeKey.SignRenewal(oldKey, request)),
            },
            deadline: time.GetUtcNow().UtcDateTime + Patience,
            cancellationToken: cancellationToken);
        return answer.Issued;
    }
}
