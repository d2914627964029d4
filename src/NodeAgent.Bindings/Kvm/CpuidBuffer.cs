using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>The bytes of <c>struct kvm_cpuid2</c>: a count, 4 bytes of padding, then the entries.</summary>
internal static class CpuidBuffer
{
    private const int HeadBytes = 8;
    private static readonly int EntryBytes = Marshal.SizeOf<CpuidEntry>();

    /// <summary>A buffer with room for <paramref name="count"/> entries that the kernel is to fill.</summary>
    public static byte[] ForCount(int count)
    {
        var buffer = new byte[HeadBytes + (count * EntryBytes)];
        MemoryMarshal.Write(buffer, count);
        return buffer;
    }

    /// <summary>A buffer that holds <paramref name="entries"/>.</summary>
    public static byte[] Of(ReadOnlySpan<CpuidEntry> entries)
    {
        var buffer = ForCount(entries.Length);
        MemoryMarshal.AsBytes(entries).CopyTo(buffer.AsSpan(HeadBytes));
        return buffer;
    }

    /// <summary>The entries that the kernel has written.</summary>
    public static CpuidEntry[] Entries(ReadOnlySpan<byte> buffer) =>
        MemoryMarshal.Cast<byte, CpuidEntry>(buffer[HeadBytes..])[..MemoryMarshal.Read<int>(buffer)].ToArray();
}
