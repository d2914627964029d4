namespace NodeAgent.Bindings.Linux;

/// <summary>What a descriptor of this process leads to, told apart from everything else.</summary>
public static class DescriptorIdentity
{
    /// <summary>Standard error.</summary>
    public const int StandardError = 2;

    /// <summary>
    /// Device and inode in the form of the variable JOURNAL_STREAM (systemd.exec(5)): both decimal, with a colon
    /// between them, the device as <c>st_dev</c> of stat(2).
    /// </summary>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    public static unsafe string Of(int descriptor)
    {
        // struct statx has 256 bytes on every architecture: inode at 32, major and minor number of the device at 136 and 140.
        var status = stackalloc byte[256];
        if (Libc.statx(descriptor, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, status) != 0)
        {
            throw Libc.Error("statx");
        }

        return $"{DeviceNumber(*(uint*)(status + 136), *(uint*)(status + 140))}:{*(ulong*)(status + 32)}";
    }

    // makedev(3) of the C library.
    internal static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((major & 0xfffUL) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xffUL);
}
