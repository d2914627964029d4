using System.Buffers.Binary;
using System.Globalization;

namespace NodeAgent.Rpc;

/// <summary>
/// FNV-1a with 128 bits: tells contents apart that nobody forges to collide, because only their author
/// would be fooled. It spares the agent the TLS library, which the framework's own hashes load.
/// </summary>
internal readonly struct Fnv128
{
    private static readonly UInt128 Prime = new(0x0000000001000000, 0x000000000000013B);
    private readonly UInt128 _hash;

    public Fnv128() => _hash = new UInt128(0x6C62272E07BB0142, 0x62B821756295C58D);

    private Fnv128(UInt128 hash) => _hash = hash;

    /// <summary>The hash with more bytes after those before.</summary>
    public Fnv128 Add(ReadOnlySpan<byte> bytes)
    {
        var hash = _hash;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * Prime;
        }

        return new Fnv128(hash);
    }

    /// <summary>The last byte first: FNV mixes a short text's end into its low bits only.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, _hash);
        return bytes;
    }

    public override string ToString() => _hash.ToString("x32", CultureInfo.InvariantCulture);
}
