using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// A shared mapping: memory that a guest runs in, or the area through which a vCPU tells why it stopped.
/// Unmapped when disposed or collected.
/// </summary>
public sealed class MappedMemory : SafeHandle
{
    private const int ReadWrite = 0x1 | 0x2;
    private const int Shared = 0x01;
    private const int Anonymous = 0x20;
    private static readonly nint Failed = -1;

    private readonly int _length;

    private MappedMemory(nint address, int length)
        : base(Failed, ownsHandle: true)
    {
        _length = length;
        SetHandle(address);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == Failed;

    /// <summary>The mapped bytes; valid until this object is disposed, so hold it no longer than the object.</summary>
    /// <exception cref="ObjectDisposedException">The memory is no longer mapped.</exception>
    public unsafe Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);

            // Safe: the mapping is _length bytes long and stays until ReleaseHandle.
            return new Span<byte>((void*)handle, _length);
        }
    }

    /// <summary>The address in this process, which <c>KVM_SET_USER_MEMORY_REGION</c> wants.</summary>
    internal nint Address => handle;

    /// <summary>Maps zeroed memory for a guest.</summary>
    /// <param name="length">Bytes, a multiple of the page size (4096).</param>
    /// <exception cref="KvmException">The kernel has no memory to give.</exception>
    public static MappedMemory Allocate(int length) =>
        Checked(NativeMethods.Mmap(0, (nuint)length, ReadWrite, Shared | Anonymous, -1, 0), length);

    /// <summary>Maps the area that a vCPU shares with its runner.</summary>
    internal static MappedMemory OfVcpu(KvmVcpuHandle vcpu, int length) =>
        Checked(NativeMethods.Mmap(0, (nuint)length, ReadWrite, Shared, vcpu, 0), length);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => NativeMethods.Munmap(handle, (nuint)_length) == 0;

    private static MappedMemory Checked(nint address, int length) =>
        address == Failed ? throw NativeMethods.LastError("mmap") : new MappedMemory(address, length);
}
