using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>Bytes behind a descriptor that nobody can change any more (memfd_create(2), F_ADD_SEALS of fcntl(2)).</summary>
public static class SealedMemory
{
    private const uint CloseOnExec = 1, AllowSealing = 2;
    private const int AddSeals = 1033, Seal = 1, Shrink = 2, Grow = 4, Write = 8;

    /// <summary>Makes it.</summary>
    /// <param name="name">Shown in /proc; needs not be unique.</param>
    /// <param name="content">The bytes.</param>
    /// <exception cref="LinuxException">The kernel has no memory or no descriptor left.</exception>
    public static SafeFileHandle Create(string name, ReadOnlySpan<byte> content)
    {
        var fd = Libc.memfd_create(name, CloseOnExec | AllowSealing);
        if (fd < 0)
        {
            throw Libc.Error("memfd_create");
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            RandomAccess.Write(handle, content, 0);
            if (Libc.fcntl(fd, AddSeals, Seal | Shrink | Grow | Write) != 0)
            {
                throw Libc.Error("fcntl");
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
