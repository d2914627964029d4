using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// CRC-32C over a table's name and every column of a row. SQLite has no page checksums: without this a bit that flips
/// in a specification would be used as if somebody had asked for it.
/// </summary>
internal static class RowChecksum
{
    private const ulong NullMark = 0x9E37_79B9_7F4A_7C15;

    public static long Compute(string table, ReadOnlySpan<object?> values)
    {
        uint crc = Add(uint.MaxValue, table);
        foreach (object? value in values)
        {
            crc = value switch
            {
                null => BitOperations.Crc32C(crc, NullMark),
                long number => BitOperations.Crc32C(BitOperations.Crc32C(crc, (byte)'i'), (ulong)number),
                string text => Add(crc, text),
                // Nothing that we write; a flipped type reads as one of these.
                _ => Add(BitOperations.Crc32C(crc, (byte)'?'), value.ToString() ?? string.Empty),
            };
        }

        return ~crc;
    }

    private static uint Add(uint crc, string text)
    {
        // The length goes first, so that moving a character from one column to its neighbour shows.
        crc = BitOperations.Crc32C(BitOperations.Crc32C(crc, (byte)'t'), (ulong)text.Length);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(text.AsSpan());
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte rest in bytes)
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return crc;
    }
}
