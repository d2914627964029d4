using System.Buffers.Binary;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The first 100 bytes of a SQLite file (https://www.sqlite.org/fileformat2.html#the_database_header), as far as they
/// are the same in every ledger. SQLite trusts most of them: a flipped bit in the format version alone would make it
/// ignore the log file.
/// </summary>
internal static class DatabaseHeader
{
    public const int Length = 100;
    public const int FileFormatOffset = 18;
    private const int VersionOffset = 60;
    private const int ReservedOffset = 72;
    private const int ReservedLength = 20;

    private static readonly (int Offset, byte[] Bytes)[] Fixed =
    [
        (0, "SQLite format 3\0"u8.ToArray()),
        (16, BigEndian(LedgerSchema.PageSize)[2..]),
        (FileFormatOffset, [2, 2]), // written and read as a file with a log
        (20, [0, 64, 32, 32]), // bytes kept free at the end of a page; payload fractions
        (44, BigEndian(4)), // schema format
        (48, BigEndian(0)), // suggested cache size
        (52, BigEndian(0)), // no automatic vacuum
        (56, BigEndian(1)), // UTF-8
        (64, BigEndian(0)),
        (68, BigEndian(LedgerSchema.ApplicationId)),
        (ReservedOffset, new byte[ReservedLength]),
    ];

    /// <summary>Whether the bytes begin a ledger that SQLite can be let loose on.</summary>
    public static bool IsOurs(ReadOnlySpan<byte> header)
    {
        foreach ((int offset, byte[] bytes) in Fixed)
        {
            if (header.Length < Length || !header.Slice(offset, bytes.Length).SequenceEqual(bytes))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Sets what is known, so that what lies behind a damaged header can be read.</summary>
    public static void Repair(Span<byte> header)
    {
        foreach ((int offset, byte[] bytes) in Fixed)
        {
            bytes.CopyTo(header[offset..]);
        }
    }

    /// <summary>The schema version.</summary>
    public static int Version(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32BigEndian(header[VersionOffset..]);

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
