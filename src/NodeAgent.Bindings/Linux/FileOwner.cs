namespace NodeAgent.Bindings.Linux;

/// <summary>What the framework does not tell or change of a file.</summary>
public static unsafe class FileOwner
{
    private const int AtFdCwd = -100, AtSymlinkNoFollow = 0x100, StatxType = 1, StatxBytes = 256, GroupOffset = 24, ModeOffset = 28;
    private const ushort TypeMask = 0xF000, SocketType = 0xC000;

    /// <summary>Gives a file to a group (chown(2)); the owner stays.</summary>
    /// <exception cref="LinuxException">Not permitted, or no such file.</exception>
    public static void SetGroup(string path, uint gid)
    {
        if (Libc.chown(path, uint.MaxValue, gid) != 0)
        {
            throw Libc.Error("chown");
        }
    }

    /// <summary>Gives a file to a user (chown(2)); the group stays.</summary>
    /// <exception cref="LinuxException">Not permitted, or no such file.</exception>
    public static void SetOwner(string path, uint uid)
    {
        if (Libc.chown(path, uid, uint.MaxValue) != 0)
        {
            throw Libc.Error("chown");
        }
    }

    /// <summary>The group of a file (statx(2)).</summary>
    /// <exception cref="LinuxException">No such file.</exception>
    public static uint Group(string path)
    {
        // struct statx has 256 bytes on every architecture; stx_gid is the 32 bits at offset 24.
        var buffer = stackalloc byte[StatxBytes];
        return Libc.statx(AtFdCwd, path, 0, (int)Libc.STATX_BASIC_STATS, buffer) == 0
            ? *(uint*)(buffer + GroupOffset)
            : throw Libc.Error("statx");
    }

    /// <summary>Whether the path itself, not what a link points to, is a socket (statx(2)).</summary>
    /// <exception cref="LinuxException">No such file.</exception>
    public static bool IsSocket(string path)
    {
        // struct statx has 256 bytes on every architecture; stx_mode is the 16 bits at offset 28.
        var buffer = stackalloc byte[StatxBytes];
        if (Libc.statx(AtFdCwd, path, AtSymlinkNoFollow, StatxType, buffer) != 0)
        {
            throw Libc.Error("statx");
        }

        return (*(ushort*)(buffer + ModeOffset) & TypeMask) == SocketType;
    }
}
