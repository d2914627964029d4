namespace NodeAgent.Bindings.Linux;

/// <summary>The error numbers that somebody here decides on (errno(3), x86-64 and arm64).</summary>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;

    /// <summary>No such process.</summary>
    public const int ESRCH = 3;

    /// <summary>Interrupted system call.</summary>
    public const int EINTR = 4;

    /// <summary>No child processes.</summary>
    public const int ECHILD = 10;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;
}
