using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using NodeAgent.Manager.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>Join tokens that somebody has tampered with, with care: what the contract says of their text still holds.</summary>
internal static class Tokens
{
    private const string Prefix = "nodeagent-join-1.";

    /// <summary>The same token with something else in it.</summary>
    public static string Change(string text, Action<JoinToken> change)
    {
        var bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        var token = JoinToken.Parser.ParseFrom(bytes.AsSpan(0, bytes.Length - 4));
        change(token);
        var changed = token.ToByteArray();
        return Prefix + Base64Url.EncodeToString([.. changed, .. SHA256.HashData(changed).AsSpan(0, 4)]);
    }
}
