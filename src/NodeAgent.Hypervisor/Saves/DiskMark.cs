using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Saves;

/// <summary>
/// What a file under a disk looked like when its guest was saved. Memory that goes on over a disk that somebody wrote to
/// destroys the disk, so the two must be the same. The number of the file system is not compared: many get another one
/// at each boot.
/// </summary>
/// <param name="Path">The real path, as in the boot contract.</param>
/// <param name="AskedPath">The path that the spec says, where it says this file: it may lead to a device of another number after a boot.</param>
/// <param name="Inode">Number within its file system; 0 for a block device, whose node is made anew at each boot.</param>
/// <param name="SizeBytes">Length.</param>
/// <param name="ModifiedNanoseconds">Time of the last change of content; 0 for a block device, which does not tell.</param>
/// <param name="Sample">Of a block device a checksum of its first and last MiB, which is no proof and better than nothing; 0 otherwise.</param>
public sealed record DiskMark(string Path, string? AskedPath, ulong Inode, long SizeBytes, long ModifiedNanoseconds, uint Sample)
{
    private const int SampledBytes = 1 << 20;

    /// <summary>Looks at the files of a boot contract. Waits for file systems.</summary>
    /// <exception cref="IOException">One is not there, or cannot be read.</exception>
    internal static ImmutableArray<DiskMark> LookAt(IEnumerable<BootFile> files, VmSpec spec)
    {
        var asked = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var disk in spec.Disks)
        {
            using var place = PathHandle.Open(disk.Path);
            asked[place.RealPath] = disk.Path;
        }

        return [.. files.Select(file => LookAt(file.Path, asked.GetValueOrDefault(file.Path)))];
    }

    /// <summary>The files of a contract where they are now.</summary>
    /// <exception cref="IOException">One is nowhere.</exception>
    internal static ImmutableArray<BootFile> Relocate(ImmutableArray<BootFile> files, ImmutableArray<DiskMark> marks) =>
    [
        .. files.Select(file =>
        {
            if (marks.FirstOrDefault(mark => mark.Path == file.Path) is not { AskedPath: { } asked })
            {
                return file;
            }

            using var place = PathHandle.Open(asked);
            return file with { Path = place.RealPath };
        }),
    ];

    /// <summary>Looks again.</summary>
    /// <returns>Paths of the files that are not as they were.</returns>
    /// <exception cref="IOException">One cannot be read.</exception>
    internal static IReadOnlyList<string> Changed(ImmutableArray<DiskMark> marks) =>
        [.. marks.Where(mark => LookAt(mark.AskedPath ?? mark.Path, mark.AskedPath) with { Path = mark.Path } != mark).Select(mark => mark.AskedPath ?? mark.Path)];

    private static DiskMark LookAt(string path, string? asked)
    {
        using var place = PathHandle.Open(path);
        if (place.Kind is not FileKind.BlockDevice)
        {
            return new DiskMark(place.RealPath, asked, place.Inode, place.SizeBytes, place.ModifiedNanoseconds, 0);
        }

        var (file, length) = place.OpenForReading();
        using (file)
        {
            var first = Checksum(file, 0, uint.MaxValue);
            return new DiskMark(place.RealPath, asked, 0, length, 0, Checksum(file, Math.Max(0, length - SampledBytes), first));
        }
    }

    private static uint Checksum(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, uint checksum)
    {
        var sample = new byte[SampledBytes];
        var read = 0;
        while (read < sample.Length && RandomAccess.Read(file, sample.AsSpan(read), offset + read) is var got and > 0)
        {
            read += got;
        }

        foreach (var word in MemoryMarshal.Cast<byte, ulong>(sample))
        {
            checksum = BitOperations.Crc32C(checksum, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        return checksum;
    }
}
