using System.Diagnostics.CodeAnalysis;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Storage;

/// <summary>
/// Follows an image and everything that its header names, and refuses what could make QEMU read a file that the caller
/// has no right to: a name outside the image roots, a protocol (<c>nbd:</c>, <c>json:</c>), a format that would have to
/// be guessed, a chain without end.
/// </summary>
internal sealed class ImageInspector(ImageRoots roots)
{
    /// <summary>Most images in a chain, the top one included.</summary>
    public const int MaxDepth = 16;

    /// <summary>Inspects an image.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="format">Its format, as the spec says.</param>
    /// <param name="readOnly">Whether the guest may only read.</param>
    /// <param name="image">What was found.</param>
    /// <param name="problem">Why it is refused, and what would help.</param>
    public bool TryInspect(
        string path,
        DiskFormat format,
        bool readOnly,
        [NotNullWhen(true)] out ImageLayer? image,
        [NotNullWhen(false)] out string? problem)
    {
        try
        {
            image = Inspect(path, format, readOnly, []);
            problem = null;
            return true;
        }
        catch (RefusedException refused)
        {
            image = null;
            problem = refused.Message;
            return false;
        }
        catch (IOException error)
        {
            image = null;
            problem = $"{SpecText.Quote(path)} or a file that it is based on cannot be read: {error.Message}";
            return false;
        }
    }

    private ImageLayer Inspect(string path, DiskFormat format, bool readOnly, HashSet<(uint, uint, ulong)> chain)
    {
        if (!roots.TryOpen(path, out var file, out var problem))
        {
            throw new RefusedException(problem);
        }

        using (file)
        {
            if (!chain.Add((file.Device.Major, file.Device.Minor, file.Inode)))
            {
                throw new RefusedException($"{SpecText.Quote(file.RealPath)} is based on itself; rebase it (qemu-img rebase)");
            }

            if (chain.Count > MaxDepth)
            {
                throw new RefusedException($"the chain of backing files is longer than {MaxDepth}; merge some of it (qemu-img commit or convert)");
            }

            var (content, length) = file.OpenForReading();
            using (content)
            {
                return format == DiskFormat.Raw
                    ? Raw(file, length)
                    : Qcow2(file, ReadHeader(file, content, length), readOnly, chain);
            }
        }
    }

    private static ImageLayer Raw(PathHandle file, long length) => new()
    {
        Path = file.RealPath,
        Format = DiskFormat.Raw,
        IsBlockDevice = file.Kind == FileKind.BlockDevice,
        VirtualSize = length,
    };

    private static Qcow2Header ReadHeader(PathHandle file, Microsoft.Win32.SafeHandles.SafeFileHandle content, long length)
    {
        var buffer = new byte[Math.Min(Qcow2Header.InspectedBytes, length)];
        var read = 0;
        while (read < buffer.Length)
        {
            var got = RandomAccess.Read(content, buffer.AsSpan(read), read);
            if (got == 0)
            {
                break;
            }

            read += got;
        }

        return Qcow2Header.TryParse(buffer.AsSpan(0, read), length, out var header, out var problem)
            ? header
            : throw new RefusedException($"{SpecText.Quote(file.RealPath)} {problem}");
    }

    private ImageLayer Qcow2(PathHandle file, Qcow2Header header, bool readOnly, HashSet<(uint, uint, ulong)> chain)
    {
        var path = file.RealPath;
        if (header.Corrupt && !readOnly)
        {
            throw new RefusedException($"{SpecText.Quote(path)} is marked as damaged; repair it (qemu-img check -r all), or use it read_only");
        }

        return new ImageLayer
        {
            Path = path,
            Format = DiskFormat.Qcow2,
            IsBlockDevice = file.Kind == FileKind.BlockDevice,
            VirtualSize = header.VirtualSize,
            DataFile = header.HasDataFile ? DataFile(path, header, readOnly, chain) : null,
            Backing = header.BackingFile is { } name
                ? Inspect(ResolveName(path, name, "backing file"), BackingFormat(path, header), readOnly: true, chain)
                : null,
        };
    }

    private ImageLayer DataFile(string path, Qcow2Header header, bool readOnly, HashSet<(uint, uint, ulong)> chain) =>
        header.DataFile is { } name
            ? Inspect(ResolveName(path, name, "data file"), DiskFormat.Raw, readOnly, chain)
            : throw new RefusedException($"{SpecText.Quote(path)} keeps its data in another file and does not say in which; convert it (qemu-img convert)");

    private static DiskFormat BackingFormat(string path, Qcow2Header header) => header.BackingFormat switch
    {
        "raw" => DiskFormat.Raw,
        "qcow2" => DiskFormat.Qcow2,
        null => throw new RefusedException(
            $"{SpecText.Quote(path)} does not say the format of its backing file, and it is never guessed; say it (qemu-img rebase -u -F FORMAT -b FILE)"),
        var other => throw new RefusedException($"{SpecText.Quote(path)} has a backing file of format {SpecText.Quote(other)}; raw and qcow2 are supported"),
    };

    /// <summary>A name in a header is relative to the image's directory, as QEMU takes it.</summary>
    private static string ResolveName(string imagePath, string name, string what)
    {
        // QEMU takes text before a colon for a protocol when no slash comes before the colon.
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (colon >= 0 && (slash < 0 || colon < slash))
        {
            throw new RefusedException(
                $"{SpecText.Quote(imagePath)} has {SpecText.Quote(name)} as its {what}, which is not a plain file; only files under the image roots are allowed");
        }

        return Path.Combine(Path.GetDirectoryName(imagePath) ?? "/", name);
    }

    /// <summary>Unwinds the recursion; never leaves this class.</summary>
    private sealed class RefusedException(string message) : Exception(message);
}
