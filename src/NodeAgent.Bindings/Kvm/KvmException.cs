using System.ComponentModel;

namespace NodeAgent.Bindings.Kvm;

/// <summary>A system call on a KVM file descriptor failed.</summary>
/// <param name="call">The kernel's name of the ioctl, or of the system call where it was none (<c>open</c>,
/// <c>mmap</c>).</param>
/// <param name="errno">The error number, see <see cref="Kvm.Errno"/>.</param>
public sealed class KvmException(string call, int errno)
    : Exception($"{call} failed: {new Win32Exception(errno).Message} (errno {errno}).")
{
    /// <summary>The kernel's name of the ioctl or system call that failed.</summary>
    public string Call { get; } = call;

    /// <summary>The error number.</summary>
    public int Errno { get; } = errno;
}
