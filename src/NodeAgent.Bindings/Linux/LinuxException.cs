using System.ComponentModel;

namespace NodeAgent.Bindings.Linux;

/// <summary>A system call that failed.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>Creates it for a call and the error number that it left.</summary>
    /// <param name="call">Name of the call, for instance <c>pidfd_open</c>.</param>
    /// <param name="errno">Positive error number.</param>
    public LinuxException(string call, int errno)
        : base($"{call}: {new Win32Exception(errno).Message} (errno {errno})", errno)
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>Name of the call.</summary>
    public string Call { get; }

    /// <summary>Positive error number, as in errno(3).</summary>
    public int Errno { get; }
}
