using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Kvm;

/// <summary>A file descriptor of KVM's: the device, a VM or a vCPU. Closed when disposed or collected.</summary>
internal abstract class KvmFileHandle : SafeHandleMinusOneIsInvalid
{
    private protected KvmFileHandle(nint descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Sends an ioctl whose argument is a number, or which has none.</summary>
    /// <returns>What the ioctl returned, 0 or more.</returns>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public int Ioctl(KvmIoctl request, nuint argument = 0)
    {
        var result = NativeMethods.Ioctl(this, (uint)request, argument);
        return result < 0 ? throw NativeMethods.LastError(request.ToString()) : result;
    }

    /// <summary>Sends an ioctl whose argument is a structure that the kernel reads, writes or both.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public unsafe int Ioctl<T>(KvmIoctl request, ref T argument)
        where T : unmanaged
    {
        // Safe: the structure is pinned for the call, and its size is the one encoded in the request number. For those
        // with a tail of entries, callers hand in the head of a buffer that is long enough for the count in it.
        fixed (T* pointer = &argument)
        {
            return Ioctl(request, (nuint)pointer);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => NativeMethods.Close(handle.ToInt32()) == 0;
}

/// <summary>An open <c>/dev/kvm</c>.</summary>
internal sealed class KvmSystemHandle(nint descriptor) : KvmFileHandle(descriptor);

/// <summary>A VM that <c>KVM_CREATE_VM</c> made.</summary>
internal sealed class KvmVmHandle(nint descriptor) : KvmFileHandle(descriptor);

/// <summary>A vCPU that <c>KVM_CREATE_VCPU</c> made.</summary>
internal sealed class KvmVcpuHandle(nint descriptor) : KvmFileHandle(descriptor);
