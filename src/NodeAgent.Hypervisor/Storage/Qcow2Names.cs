using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace NodeAgent.Hypervisor.Storage;

/// <summary>The names of other files that a qcow2 header carries: its backing file and its extensions.</summary>
/// <param name="BackingFile">Name of the backing file, or <c>null</c>.</param>
/// <param name="BackingFormat">Its format, or <c>null</c>.</param>
/// <param name="DataFile">Name of the external data file, or <c>null</c>.</param>
internal readonly record struct Qcow2Names(string? BackingFile, string? BackingFormat, string? DataFile)
{
    private const uint BackingFormatType = 0xE2792ACA;
    private const uint DataFileType = 0x44415441;

    // Limits of QEMU's driver, and one of our own for how many extensions are looked at.
    private const int MaxNameBytes = 1023;
    private const int MaxFormatBytes = 15;
    private const int MaxExtensions = 32;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads them.</summary>
    /// <param name="area">The first cluster, as far as it is looked at.</param>
    /// <param name="extensions">Where the extensions begin.</param>
    /// <param name="nameOffset">Where the backing file's name stands; 0 for none.</param>
    /// <param name="nameBytes">Length of that name.</param>
    /// <param name="names">The names.</param>
    /// <param name="problem">What is wrong.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> area,
        int extensions,
        ulong nameOffset,
        uint nameBytes,
        out Qcow2Names names,
        [NotNullWhen(false)] out string? problem)
    {
        names = default;
        var end = area.Length;
        if (nameOffset != 0)
        {
            if (nameBytes is 0 or > MaxNameBytes || nameOffset < (ulong)extensions || nameOffset > (ulong)area.Length - Math.Min(nameBytes, (uint)area.Length))
            {
                problem = "has an impossible backing file name";
                return false;
            }

            end = (int)nameOffset;
            if (!TryText(area.Slice(end, (int)nameBytes), out var backing))
            {
                problem = "has a backing file name that is no text";
                return false;
            }

            names = names with { BackingFile = backing };
        }

        return TryReadExtensions(area[extensions..end], ref names, out problem);
    }

    private static bool TryReadExtensions(ReadOnlySpan<byte> rest, ref Qcow2Names names, [NotNullWhen(false)] out string? problem)
    {
        for (var i = 0; i < MaxExtensions; i++)
        {
            if (rest.Length < 8 || BinaryPrimitives.ReadUInt32BigEndian(rest) == 0)
            {
                problem = null;
                return true;
            }

            var type = BinaryPrimitives.ReadUInt32BigEndian(rest);
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest[4..]);
            if (length > (uint)rest.Length - 8)
            {
                problem = "has a header extension that does not end";
                return false;
            }

            if (type is BackingFormatType or DataFileType && !TryAdd(type, rest.Slice(8, (int)length), ref names, out problem))
            {
                return false;
            }

            var padded = 8 + (int)Math.Min(((long)length + 7) & ~7L, rest.Length - 8);
            rest = rest[padded..];
        }

        problem = $"has more than {MaxExtensions} header extensions";
        return false;
    }

    private static bool TryAdd(uint type, ReadOnlySpan<byte> data, ref Qcow2Names names, [NotNullWhen(false)] out string? problem)
    {
        var isFormat = type == BackingFormatType;
        if ((isFormat ? names.BackingFormat : names.DataFile) is not null)
        {
            problem = "names its backing format or its data file twice";
            return false;
        }

        if (data.IsEmpty || data.Length > (isFormat ? MaxFormatBytes : MaxNameBytes) || !TryText(data, out var text))
        {
            problem = "has a header extension with an impossible name";
            return false;
        }

        names = isFormat ? names with { BackingFormat = text } : names with { DataFile = text };
        problem = null;
        return true;
    }

    private static bool TryText(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = null;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }

        return !text.Any(char.IsControl);
    }
}
