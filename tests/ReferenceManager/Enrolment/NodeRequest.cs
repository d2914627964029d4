using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;

namespace ReferenceManager.Enrolment;

/// <summary>Reads what a stranger sends, before anything is believed.</summary>
internal static class NodeRequest
{
    private const int MostText = 256;
    private const int MostEndpoints = 16;

    /// <summary>The key of a request (PKCS #10), whose signature shows that the sender has the private one.</summary>
    /// <exception cref="Grpc.Core.RpcException">It is no request, its signature is wrong, or the key is of another kind.</exception>
    public static PublicKey ReadKey(ByteString request)
    {
        PublicKey key;
        try
        {
            // This checks the signature. Extensions that the request asks for are left aside.
            key = CertificateRequest.LoadSigningRequest(request.ToByteArray(), HashAlgorithmName.SHA256).PublicKey;
        }
        catch (Exception error) when (error is CryptographicException or NotSupportedException or ArgumentException)
        {
            throw Refusal.Invalid($"certificate_request: not a signed request (PKCS #10, DER): {error.Message}");
        }

        return PublicKeys.IsP256(key) ? key : throw Refusal.Invalid("certificate_request: the key must be ECDSA on P-256");
    }

    /// <summary>What the node says of itself, in bounds.</summary>
    /// <exception cref="Grpc.Core.RpcException">A field has no form that it may have.</exception>
    public static NodeIdentity ReadIdentity(NodeIdentity? node)
    {
        if (node is null || !IsNodeId(node.NodeId))
        {
            throw Refusal.Invalid("node.node_id: must be a UUID in lower case");
        }

        if (new[] { node.Hostname, node.MachineId, node.AgentVersion }.Concat(node.ApiEndpoints).Any(text => text.Length > MostText)
            || node.ApiEndpoints.Count > MostEndpoints)
        {
            throw Refusal.Invalid($"node: a text is longer than {MostText} characters, or there are more than {MostEndpoints} endpoints");
        }

        return node;
    }

    /// <summary>A UUID in the one form that is compared: lower case, with hyphens.</summary>
    public static bool IsNodeId(string text) => Guid.TryParseExact(text, "D", out var id) && id.ToString("D") == text;
}
