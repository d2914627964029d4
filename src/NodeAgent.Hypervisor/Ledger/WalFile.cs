using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// A look into SQLite's log file (https://www.sqlite.org/fileformat2.html#the_write_ahead_log) from outside. SQLite uses
/// it up to the first frame that disagrees with its checksum and drops the rest without a word, which is right after a
/// power cut and hides damage in the middle.
/// </summary>
/// <remarks>
/// Checksums run on from frame to frame, but each frame stores where it got to: a frame can be judged by itself from
/// what its predecessor stored. Since every transaction is synced before the next begins, a power cut can tear the last
/// one only: whole transactions behind a broken frame are proof of damage.
/// </remarks>
internal sealed class WalFile
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;
    private const int FrameLength = FrameHeaderLength + LedgerSchema.PageSize;
    private const uint Magic = 0x377F_0682;
    private const uint LargestPage = 1 << 22;

    /// <summary>Whether there is a log file that holds more than nothing.</summary>
    public bool Exists { get; private init; }

    /// <summary>Frames up to the last commit that SQLite will find.</summary>
    public int Committed { get; private set; }

    /// <summary>Why acknowledged transactions must be missing from what SQLite finds; null when nothing says so.</summary>
    public string? Problem { get; private set; }

    /// <summary>The schema version of the newest committed first page; null when the log holds none.</summary>
    public int? Version { get; private set; }

    /// <summary>Looks through a log file.</summary>
    public static WalFile Inspect(string path)
    {
        using SafeFileHandle? file = OpenIfAny(path);
        if (file is null)
        {
            return new WalFile();
        }

        var wal = new WalFile { Exists = true };
        Span<byte> header = stackalloc byte[HeaderLength];
        if (RandomAccess.Read(file, header, 0) < HeaderLength || !IsHeaderValid(header))
        {
            wal.Problem = "the header of the log file is damaged";
            return wal;
        }

        wal.Walk(file, header);
        return wal;
    }

    /// <summary>
    /// Copies every page of the log file into the copy of a database, damaged or not: a page with one flipped bit is
    /// worth more than none, since rows have checksums of their own.
    /// </summary>
    public static void ApplyAll(string path, FileStream database)
    {
        using SafeFileHandle? file = OpenIfAny(path);
        var frame = new byte[FrameLength];
        var salt = new byte[2 * sizeof(uint)];
        for (int i = 0; file is not null && RandomAccess.Read(file, frame, OffsetOf(i)) == FrameLength; i++)
        {
            uint page = BinaryPrimitives.ReadUInt32BigEndian(frame);
            if (i == 0)
            {
                frame.AsSpan(8, salt.Length).CopyTo(salt);
            }

            if (page is > 0 and < LargestPage && frame.AsSpan(8, salt.Length).SequenceEqual(salt))
            {
                database.Position = (page - 1L) * LedgerSchema.PageSize;
                database.Write(frame, FrameHeaderLength, LedgerSchema.PageSize);
            }
        }
    }

    private static SafeFileHandle? OpenIfAny(string path) =>
        File.Exists(path) && new FileInfo(path).Length > 0
            ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            : null;

    private static long OffsetOf(int frame) => HeaderLength + ((long)frame * FrameLength);

    private static bool IsHeaderValid(ReadOnlySpan<byte> header)
    {
        (uint first, uint second) = Sum(header[..24], 0, 0);
        return BinaryPrimitives.ReadUInt32BigEndian(header) == Magic
            && BinaryPrimitives.ReadUInt32BigEndian(header[24..]) == first
            && BinaryPrimitives.ReadUInt32BigEndian(header[28..]) == second;
    }

    /// <summary>The checksum of the format: two sums over pairs of little-endian words, as the magic number says.</summary>
    private static (uint First, uint Second) Sum(ReadOnlySpan<byte> bytes, uint first, uint second)
    {
        for (int i = 0; i < bytes.Length; i += 2 * sizeof(uint))
        {
            first += BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]) + second;
            second += BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + sizeof(uint))..]) + first;
        }

        return (first, second);
    }

    private void Walk(SafeFileHandle file, ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> salt = header.Slice(16, 2 * sizeof(uint));
        uint first = BinaryPrimitives.ReadUInt32BigEndian(header[24..]);
        uint second = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        var frame = new byte[FrameLength];
        bool isBroken = false;
        int? version = null;
        for (int i = 0; RandomAccess.Read(file, frame, OffsetOf(i)) == FrameLength; i++)
        {
            bool isOfThisLog = frame.AsSpan(8, salt.Length).SequenceEqual(salt);
            (uint sumOfHead, uint sumOfHead2) = Sum(frame.AsSpan(0, 8), first, second);
            (uint sum, uint sum2) = Sum(frame.AsSpan(FrameHeaderLength), sumOfHead, sumOfHead2);
            first = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(16));
            second = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(20));
            bool isWhole = isOfThisLog && sum == first && sum2 == second;
            bool isCommit = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4)) != 0;
            if (isBroken && isWhole && Problem is null && isCommit)
            {
                Problem = FollowsMore(file, i + 1, salt)
                    ? $"the log file is damaged before its frame {i + 1}, with whole transactions behind"
                    : null;
            }

            isBroken |= !isWhole;
            if (isBroken)
            {
                continue;
            }

            if (BinaryPrimitives.ReadUInt32BigEndian(frame) == 1)
            {
                version = DatabaseHeader.Version(frame.AsSpan(FrameHeaderLength));
            }

            if (isCommit)
            {
                Committed = i + 1;
                Version = version ?? Version;
            }
        }
    }

    private static bool FollowsMore(SafeFileHandle file, int index, ReadOnlySpan<byte> salt)
    {
        Span<byte> head = stackalloc byte[FrameHeaderLength];
        return RandomAccess.Read(file, head, OffsetOf(index)) == FrameHeaderLength
            && head.Slice(8, salt.Length).SequenceEqual(salt);
    }
}
