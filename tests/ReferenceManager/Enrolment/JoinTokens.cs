using System.Buffers.Text;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;
using ReferenceManager.Storage;

namespace ReferenceManager.Enrolment;

/// <summary>
/// Join tokens: one node each, and only for a while. The secret is in the text alone; what is kept is its SHA-256, so that
/// a copy of the database lets nobody in.
/// </summary>
internal sealed class JoinTokens(Database database, FleetTrust trust, TimeProvider time)
{
    private const string Prefix = "nodeagent-join-1.";
    private const int ChecksumBytes = 4;

    /// <summary>Makes a token.</summary>
    /// <param name="endpoints">Where nodes reach us.</param>
    /// <param name="ttl">How long it is good.</param>
    /// <param name="isByHand">Without a secret: it only tells a node whom to ask and to trust, and nothing of it is kept.</param>
    /// <returns>Its text, one line for an operator to paste, and its end.</returns>
    public async Task<(string Text, DateTimeOffset End)> CreateAsync(IEnumerable<string> endpoints, TimeSpan ttl, bool isByHand)
    {
        var end = time.GetUtcNow() + ttl;
        var token = new JoinToken
        {
            Secret = isByHand ? ByteString.Empty : ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)),
            ExpireTime = Timestamp.FromDateTimeOffset(end),
            FleetId = trust.Fleet,
        };
        token.Endpoints.Add(endpoints);
        // All of them: while an authority is replaced, the node may meet either.
        token.CaPins.Add(trust.Current.Authorities.Select(authority => ByteString.CopyFrom(authority.KeyPin)));
        if (!isByHand)
        {
            await database.CommitAsync(connection => connection.Run(
                "INSERT INTO tokens VALUES (?1, ?2, NULL)", Hash(token.Secret), end.ToUnixTimeMilliseconds()));
        }

        return (Write(token), end);
    }

    /// <summary>
    /// Uses a token up for a node's key. The same key may come again, because the answer to its first request may have
    /// been lost on the way.
    /// </summary>
    /// <exception cref="Grpc.Core.RpcException">There is no such token, it has ended, or it served another key.</exception>
    public void Use(SqliteConnection connection, ByteString secret, string key)
    {
        var token = connection.First(
            "SELECT ends, key FROM tokens WHERE secret = ?1",
            row => (Row: true, End: row.GetInt64(0), Key: row.IsDBNull(1) ? null : row.GetString(1)),
            Hash(secret));
        if (!token.Row)
        {
            throw Refusal.Denied("TOKEN_UNKNOWN", "this manager never made this token, or has forgotten it: make a new one with `reference-manager token`");
        }

        if (token.Key == key)
        {
            return;
        }

        if (token.Key is not null)
        {
            throw Refusal.Denied("TOKEN_USED", "another node has joined with this token: a token lets one node in, make a new one with `reference-manager token`");
        }

        if (DateTimeOffset.FromUnixTimeMilliseconds(token.End) is var end && end <= time.GetUtcNow())
        {
            throw Refusal.Denied("TOKEN_EXPIRED", $"the token ended at {end:u}: make a new one with `reference-manager token`");
        }

        connection.Run("UPDATE tokens SET key = ?2 WHERE secret = ?1", Hash(secret), key);
    }

    /// <summary>The text of a token: its bytes, and the beginning of their SHA-256, which tells one that was pasted in part.</summary>
    public static string Write(JoinToken token)
    {
        var bytes = token.ToByteArray();
        return Prefix + Base64Url.EncodeToString([.. bytes, .. SHA256.HashData(bytes).AsSpan(0, ChecksumBytes)]);
    }

    private static string Hash(ByteString secret) => Convert.ToHexStringLower(SHA256.HashData(secret.Span));
}
