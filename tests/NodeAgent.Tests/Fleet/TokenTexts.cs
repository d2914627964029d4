using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using NodeAgent.Manager.V1;

namespace NodeAgent.Tests.Fleet;

/// <summary>Writes join tokens, also such as no manager would.</summary>
internal static class TokenTexts
{
    public static string Write(JoinToken token)
    {
        var bytes = token.ToByteArray();
        return "nodeagent-join-1." + Base64Url.EncodeToString([.. bytes, .. SHA256.HashData(bytes).AsSpan(0, 4)]);
    }
}
