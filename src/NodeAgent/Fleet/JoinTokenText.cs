using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using NodeAgent.Manager.V1;

namespace NodeAgent.Fleet;

/// <summary>
/// The text form of a join token; see JoinToken in the contract. One without a secret lets nobody in: a node asks with it,
/// and a person on the manager's side decides.
/// </summary>
internal static class JoinTokenText
{
    private const string Prefix = "nodeagent-join-1.";
    private const int CheckBytes = 4, SecretBytes = 32, PinBytes = 32, MostCharacters = 8 * 1024;

    /// <summary>Reads one.</summary>
    /// <exception cref="FleetException">It is none, it is not whole, or it has expired.</exception>
    public static JoinToken Parse(string text, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (!trimmed.StartsWith(Prefix, StringComparison.Ordinal) || trimmed.Length > MostCharacters)
        {
            throw Malformed($"This is no join token; one begins with '{Prefix}'.");
        }

        var token = Read(trimmed[Prefix.Length..]);
        if (token.Endpoints.Count == 0 || token.CaPins.Count == 0 || token.CaPins.Any(pin => pin.Length != PinBytes) || token.Secret.Length is not (0 or SecretBytes) || token.ExpireTime is null)
        {
            throw Malformed("The join token lacks what a node needs (endpoints, the authority's key pin, the secret, or the time of its end).");
        }

        if (token.Endpoints.FirstOrDefault(endpoint => !EndpointText.IsGood(endpoint)) is { } bad)
        {
            throw Malformed($"The join token names '{bad}' as a place of the manager, which is not HOST:PORT.");
        }

        var end = EndOf(token);
        return now < end
            ? token
            : throw new FleetException(FleetReason.TokenExpired, $"The join token ended at {end:u}, and this host's clock says {now:u}. Check the clock, or have a new token made.");
    }

    private static DateTimeOffset EndOf(JoinToken token)
    {
        try
        {
            return token.ExpireTime.ToDateTimeOffset();
        }
        catch (InvalidOperationException)
        {
            throw Malformed("The join token ends at no time that there is.");
        }
    }

    private static JoinToken Read(string encoded)
    {
        try
        {
            var bytes = Base64Url.DecodeFromChars(encoded).AsSpan();
            if (bytes.Length > CheckBytes && SHA256.HashData(bytes[..^CheckBytes]).AsSpan(0, CheckBytes).SequenceEqual(bytes[^CheckBytes..]))
            {
                return JoinToken.Parser.ParseFrom(bytes[..^CheckBytes]);
            }
        }
        catch (Exception broken) when (broken is FormatException or InvalidProtocolBufferException)
        {
            // Said below.
        }

        throw Malformed("The join token is not whole: a part of it was lost or changed. Copy the whole line again.");
    }

    private static FleetException Malformed(string message) => new(FleetReason.TokenMalformed, message);
}
