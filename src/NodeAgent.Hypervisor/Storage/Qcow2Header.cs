using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.Hypervisor.Storage;

/// <summary>
/// The header of a qcow2 image (docs/interop/qcow2 of QEMU), read from a buffer of fixed size with every number in it
/// checked before it is used. An image is hostile until shown otherwise: whatever its numbers say, nothing is allocated
/// by them and nothing outside the buffer is touched.
/// </summary>
internal sealed record Qcow2Header
{
    /// <summary>
    /// How much of a file is looked at, in bytes. Header, extensions and backing file name stand at the beginning;
    /// the rest of the first cluster, which can be 2 MiB, is left to QEMU.
    /// </summary>
    public const int InspectedBytes = 64 * 1024;

    private const uint Magic = 0x514649FB;
    private const int Version2Bytes = 72;
    private const int Version3Bytes = 104;
    private const ulong DirtyBit = 1, CorruptBit = 2, DataFileBit = 4, CompressionBit = 8, ExtendedL2Bit = 16;
    private const ulong KnownBits = DirtyBit | CorruptBit | DataFileBit | CompressionBit | ExtendedL2Bit;

    // Limits of QEMU's own driver: QCOW_MAX_L1_SIZE, QCOW_MAX_REFTABLE_SIZE, QCOW_MAX_SNAPSHOTS.
    private const long MaxL1Bytes = 32 * 1024 * 1024;
    private const long MaxRefcountTableBytes = 8 * 1024 * 1024;
    private const uint MaxSnapshots = 65536;

    /// <summary>2 or 3.</summary>
    public required uint Version { get; init; }

    /// <summary>Logarithm of the cluster size: 9 to 21.</summary>
    public required int ClusterBits { get; init; }

    /// <summary>Size that the guest sees, in bytes.</summary>
    public required long VirtualSize { get; init; }

    /// <summary>Whether QEMU marked it as damaged; it then opens it for reading only.</summary>
    public required bool Corrupt { get; init; }

    /// <summary>Name of the backing file as written in the header, or <c>null</c>.</summary>
    public required string? BackingFile { get; init; }

    /// <summary>Format of the backing file as written in the header, or <c>null</c>.</summary>
    public required string? BackingFormat { get; init; }

    /// <summary>Whether the guest's data is in another file.</summary>
    public required bool HasDataFile { get; init; }

    /// <summary>Name of that file as written in the header, or <c>null</c>.</summary>
    public required string? DataFile { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="head">The first <see cref="InspectedBytes"/> of the file, or all of it when it is shorter.</param>
    /// <param name="fileBytes">Length of the file.</param>
    /// <param name="header">The header.</param>
    /// <param name="problem">What is wrong with it.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> head,
        long fileBytes,
        [NotNullWhen(true)] out Qcow2Header? header,
        [NotNullWhen(false)] out string? problem)
    {
        header = null;
        if (head.Length < Version2Bytes || BinaryPrimitives.ReadUInt32BigEndian(head) != Magic)
        {
            problem = "is no qcow2 image; give the format that it has";
            return false;
        }

        var version = U32(head, 4);
        if (version is not (2 or 3) || (version == 3 && head.Length < Version3Bytes))
        {
            problem = $"has version {version} of the format or is cut short; 2 and 3 are known";
            return false;
        }

        var clusterBits = U32(head, 20);
        if (clusterBits is < 9 or > 21)
        {
            problem = "has an impossible cluster size";
            return false;
        }

        var features = version == 3 ? U64(head, 72) : 0;
        problem = FeatureProblem(head, features)
            ?? TableProblem(head, version, (int)clusterBits, (features & ExtendedL2Bit) != 0, fileBytes);
        return problem is null && TryReadNames(head, version, (int)clusterBits, features, out header, out problem);
    }

    private static string? FeatureProblem(ReadOnlySpan<byte> head, ulong features)
    {
        if ((features & ~KnownBits) != 0)
        {
            return $"needs features that are not known here (0x{features & ~KnownBits:x})";
        }

        return U32(head, 32) != 0 ? "is encrypted, which is not supported; convert it to an image without encryption" : null;
    }

    /// <summary>Whether the tables that the header points to can be where it says.</summary>
    private static string? TableProblem(ReadOnlySpan<byte> head, uint version, int clusterBits, bool extendedL2, long fileBytes)
    {
        var cluster = 1L << clusterBits;
        var size = U64(head, 24);
        if (size > long.MaxValue - (ulong)cluster)
        {
            return "has an impossible virtual size";
        }

        // Each L1 entry stands for one L2 table, which is one cluster of entries of 8 (extended: 16) bytes.
        var mappedByEntry = (Int128)(cluster / (extendedL2 ? 16 : 8)) * cluster;
        long l1Entries = U32(head, 36);
        if (l1Entries * 8 > MaxL1Bytes || l1Entries * mappedByEntry < (Int128)size || !IsTable(U64(head, 40), l1Entries * 8))
        {
            return "has an impossible L1 table";
        }

        var refcountBytes = (Int128)U32(head, 56) * cluster;
        if (refcountBytes == 0 || refcountBytes > MaxRefcountTableBytes || !IsTable(U64(head, 48), (long)refcountBytes))
        {
            return "has an impossible refcount table";
        }

        if (version == 3 && U32(head, 96) > 6)
        {
            return "has an impossible refcount width";
        }

        var snapshots = U32(head, 60);
        return snapshots > MaxSnapshots || (snapshots > 0 && !IsTable(U64(head, 64), 1))
            ? "has an impossible snapshot table"
            : null;

        // In the file, aligned to a cluster, and not over the header. An image without clusters has no L1 table.
        bool IsTable(ulong offset, long bytes) =>
            bytes == 0 || (offset >= (ulong)cluster && offset % (ulong)cluster == 0 && offset <= (ulong)fileBytes
                && bytes <= fileBytes - (long)offset);
    }

    private static bool TryReadNames(
        ReadOnlySpan<byte> head,
        uint version,
        int clusterBits,
        ulong features,
        [NotNullWhen(true)] out Qcow2Header? header,
        [NotNullWhen(false)] out string? problem)
    {
        header = null;
        var cluster = 1L << clusterBits;
        var headerBytes = version == 3 ? U32(head, 100) : Version2Bytes;
        var nameOffset = U64(head, 8);
        var area = head[..(int)Math.Min(cluster, head.Length)];
        if (headerBytes > (uint)area.Length || (version == 3 && headerBytes < Version3Bytes))
        {
            problem = "has an impossible header length";
            return false;
        }

        if (!Qcow2Names.TryRead(area, (int)headerBytes, nameOffset, U32(head, 16), out var names, out problem))
        {
            return false;
        }

        header = new Qcow2Header
        {
            Version = version,
            ClusterBits = clusterBits,
            VirtualSize = (long)U64(head, 24),
            Corrupt = (features & CorruptBit) != 0,
            BackingFile = names.BackingFile,
            BackingFormat = names.BackingFormat,
            HasDataFile = (features & DataFileBit) != 0,
            DataFile = names.DataFile,
        };
        return true;
    }

    private static uint U32(ReadOnlySpan<byte> head, int offset) => BinaryPrimitives.ReadUInt32BigEndian(head[offset..]);

    private static ulong U64(ReadOnlySpan<byte> head, int offset) => BinaryPrimitives.ReadUInt64BigEndian(head[offset..]);
}
