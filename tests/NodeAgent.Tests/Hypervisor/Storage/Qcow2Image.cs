using System.Buffers.Binary;
using System.Text;

namespace NodeAgent.Tests.Hypervisor.Storage;

/// <summary>Writes qcow2 headers, right ones and such as no honest program would write.</summary>
public sealed class Qcow2Image
{
    private const int HeaderBytes = 104;
    private readonly byte[] _bytes = new byte[4 * 65536];
    private int _extension = HeaderBytes;

    public Qcow2Image(long virtualSize = 1 << 20)
    {
        U32(0, 0x514649FB).U32(4, 3).U32(20, 16).U64(24, (ulong)virtualSize);
        U32(36, 1).U64(40, 3 * 65536).U64(48, 65536).U32(56, 1).U32(96, 4).U32(100, HeaderBytes);
    }

    public byte[] Bytes => _bytes;

    public Qcow2Image U32(int offset, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(offset), value);
        return this;
    }

    public Qcow2Image U64(int offset, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(offset), value);
        return this;
    }

    public Qcow2Image Extension(uint type, string text, uint? claimedLength = null)
    {
        var data = Encoding.UTF8.GetBytes(text);
        U32(_extension, type).U32(_extension + 4, claimedLength ?? (uint)data.Length);
        data.CopyTo(_bytes, _extension + 8);
        _extension += 8 + ((data.Length + 7) & ~7);
        return this;
    }

    public Qcow2Image Backing(string name, string? format = "raw")
    {
        if (format is not null)
        {
            Extension(0xE2792ACA, format);
        }

        var data = Encoding.UTF8.GetBytes(name);
        _extension += 8;
        data.CopyTo(_bytes, _extension);
        return U64(8, (ulong)_extension).U32(16, (uint)data.Length);
    }

    public Qcow2Image DataFile(string? name)
    {
        U64(72, 4);
        return name is null ? this : Extension(0x44415441, name);
    }
}
