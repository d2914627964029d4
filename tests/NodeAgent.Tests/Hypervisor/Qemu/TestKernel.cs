using System.Buffers.Binary;
using System.Text;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>Guests of a few dozen bytes that write a text to the first serial port and stand still.</summary>
internal static class TestKernel
{
    /// <summary>A multiboot kernel (Multiboot Specification 0.6.96, "a.out kludge"), loaded at 1 MiB.</summary>
    public static byte[] Multiboot(string text)
    {
        const uint Load = 0x100000, Magic = 0x1BADB002, HasAddresses = 0x10000;
        byte[] code =
        [
            0xBE, 0, 0, 0, 0,        // mov esi, text
            0xBA, 0xF8, 0x03, 0, 0,  // mov edx, 0x3f8
            0xAC,                    // lodsb
            0x84, 0xC0,              // test al, al
            0x74, 0x03,              // jz stand
            0xEE,                    // out dx, al
            0xEB, 0xF8,              // jmp lodsb
            0xF4,                    // stand: hlt
            0xEB, 0xFD,              // jmp stand
        ];
        const int HeaderBytes = 32;
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(1), Load + HeaderBytes + (uint)code.Length);
        var image = new byte[4096];
        uint[] header =
        [
            Magic, HasAddresses, unchecked(0 - Magic - HasAddresses),
            Load, Load, Load + (uint)image.Length, Load + (uint)image.Length, Load + HeaderBytes,
        ];
        for (var i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(i * 4), header[i]);
        }

        code.CopyTo(image, HeaderBytes);
        Encoding.ASCII.GetBytes(text).CopyTo(image, HeaderBytes + code.Length);
        return image;
    }

    /// <summary>A disk whose boot sector does the same in 16-bit mode.</summary>
    public static byte[] BootDisk(string text)
    {
        byte[] code =
        [
            0x31, 0xC0,        // xor ax, ax
            0x8E, 0xD8,        // mov ds, ax
            0xBE, 0, 0,        // mov si, text
            0xBA, 0xF8, 0x03,  // mov dx, 0x3f8
            0xAC,              // lodsb
            0x84, 0xC0,        // test al, al
            0x74, 0x03,        // jz stand
            0xEE,              // out dx, al
            0xEB, 0xF8,        // jmp lodsb
            0xF4,              // stand: hlt
            0xEB, 0xFD,        // jmp stand
        ];
        BinaryPrimitives.WriteUInt16LittleEndian(code.AsSpan(5), (ushort)(0x7C00 + code.Length));
        var disk = new byte[1 << 20];
        code.CopyTo(disk, 0);
        Encoding.ASCII.GetBytes(text).CopyTo(disk, code.Length);
        disk[510] = 0x55;
        disk[511] = 0xAA;
        return disk;
    }
}
