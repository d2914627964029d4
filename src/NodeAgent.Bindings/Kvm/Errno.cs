namespace NodeAgent.Bindings.Kvm;

/// <summary>The error numbers of Linux on x86-64 that KVM's callers must tell apart.</summary>
public static class Errno
{
    /// <summary>Operation not permitted (EPERM).</summary>
    public const int NotPermitted = 1;

    /// <summary>No such file or directory (ENOENT).</summary>
    public const int NoEntry = 2;

    /// <summary>Interrupted by a signal (EINTR).</summary>
    public const int Interrupted = 4;

    /// <summary>No such device or address (ENXIO).</summary>
    public const int NoDeviceOrAddress = 6;

    /// <summary>The argument list is too long (E2BIG); KVM says so when a caller's array is too short.</summary>
    public const int TooBig = 7;

    /// <summary>Permission denied (EACCES).</summary>
    public const int AccessDenied = 13;

    /// <summary>No such device (ENODEV).</summary>
    public const int NoDevice = 19;

    /// <summary>Not a directory (ENOTDIR).</summary>
    public const int NotDirectory = 20;

    /// <summary>The file does not know the ioctl (ENOTTY): it is not what the caller took it for.</summary>
    public const int NotTty = 25;
}
