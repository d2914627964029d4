using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace NodeAgent.Rpc;

/// <summary>
/// Where a list goes on (AIP-158): after the last key that was shown, so that what is added or removed meanwhile
/// neither repeats nor hides anything else. It is bound to the query that it came from.
/// </summary>
internal static class PageToken
{
    private const int QueryHashBytes = 8;

    /// <summary>How many to show at most.</summary>
    /// <exception cref="RpcRefusal">Negative.</exception>
    public static int Size(int asked) => asked switch
    {
        < 0 => throw RpcRefusal.Field("page_size", "It can't be negative. Write 1 to 1000, or 0 for 100."),
        0 => 100,
        _ => Math.Min(asked, 1000),
    };

    /// <summary>Makes a token.</summary>
    /// <param name="query">What was asked for, other than the page.</param>
    /// <param name="lastKey">The last key that was shown.</param>
    public static string Write(string query, string lastKey) =>
        Base64Url.EncodeToString([.. QueryHash(query), .. Encoding.UTF8.GetBytes(lastKey)]);

    /// <summary>The key after which to go on; <c>null</c> for the first page.</summary>
    /// <exception cref="RpcRefusal">Not a token of this query.</exception>
    public static string? Read(string query, string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        try
        {
            var bytes = Base64Url.DecodeFromChars(token);
            if (bytes.Length > QueryHashBytes && bytes.AsSpan(0, QueryHashBytes).SequenceEqual(QueryHash(query)))
            {
                return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, QueryHashBytes, bytes.Length - QueryHashBytes);
            }
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            // Said below.
        }

        throw Foreign();
    }

    /// <summary>The same where keys are numbers. The hash is no secret, so that what it vouches for may be anything.</summary>
    /// <exception cref="RpcRefusal">Not a token of this query.</exception>
    public static long? ReadNumber(string query, string token)
    {
        if (Read(query, token) is not { } key)
        {
            return null;
        }

        return long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Foreign();
    }

    private static RpcRefusal Foreign() =>
        RpcRefusal.Field("page_token", "It does not belong to this query. Begin again without it, or repeat the query that it came from.");

    private static byte[] QueryHash(string query) => new Fnv128().Add(Encoding.UTF8.GetBytes(query)).ToBytes()[..QueryHashBytes];
}
