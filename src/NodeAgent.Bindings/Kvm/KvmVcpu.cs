using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// A virtual processor. It belongs to one thread: KVM wants every ioctl of a vCPU from the thread that created it.
/// </summary>
public sealed class KvmVcpu : IDisposable
{
    // Offsets in struct kvm_run.
    private const int ExitReasonAt = 8;
    private const int ExitAt = 32;
    private const int IoPortAt = ExitAt + 2;
    private const int IoDataOffsetAt = ExitAt + 8;

    private readonly KvmVcpuHandle _handle;
    private readonly MappedMemory _run;

    internal KvmVcpu(KvmVcpuHandle handle, MappedMemory run)
    {
        _handle = handle;
        _run = run;
    }

    /// <summary>The general registers.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmRegisters Registers
    {
        get
        {
            var registers = default(KvmRegisters);
            _handle.Ioctl(KvmIoctl.KVM_GET_REGS, ref registers);
            return registers;
        }
        set => _handle.Ioctl(KvmIoctl.KVM_SET_REGS, ref value);
    }

    /// <summary>The system registers.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmSystemRegisters SystemRegisters
    {
        get
        {
            var registers = default(KvmSystemRegisters);
            _handle.Ioctl(KvmIoctl.KVM_GET_SREGS, ref registers);
            return registers;
        }
        set => _handle.Ioctl(KvmIoctl.KVM_SET_SREGS, ref value);
    }

    /// <summary>
    /// Whether the guest wrote to a port (or reads from one), when the last exit was <see cref="KvmExitReason.Io"/>.
    /// </summary>
    public bool IoIsWrite => _run.Bytes[ExitAt] == 1;

    /// <summary>Width of the port access in bytes: 1, 2 or 4.</summary>
    public int IoSize => _run.Bytes[ExitAt + 1];

    /// <summary>The port that the guest accessed.</summary>
    public ushort IoPort => BinaryPrimitives.ReadUInt16LittleEndian(_run.Bytes[IoPortAt..]);

    /// <summary>
    /// The value that the guest wrote, or that it shall read when it runs on; <see cref="IoSize"/> bytes of it count.
    /// </summary>
    public uint IoValue
    {
        get => IoSize switch
        {
            1 => IoData[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(IoData),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(IoData),
        };
        set
        {
            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            bytes[..IoSize].CopyTo(IoData);
        }
    }

    /// <summary>Why KVM gave up, when the last exit was <see cref="KvmExitReason.InternalError"/>.</summary>
    public KvmInternalError InternalError =>
        (KvmInternalError)BinaryPrimitives.ReadInt32LittleEndian(_run.Bytes[ExitAt..]);

    private Span<byte> IoData =>
        _run.Bytes.Slice((int)BinaryPrimitives.ReadUInt64LittleEndian(_run.Bytes[IoDataOffsetAt..]), sizeof(uint));

    /// <summary>Says what the CPUID instruction tells the guest.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public void SetCpuid(ReadOnlySpan<CpuidEntry> entries)
    {
        var buffer = CpuidBuffer.Of(entries);
        _handle.Ioctl(KvmIoctl.KVM_SET_CPUID2, ref MemoryMarshal.GetArrayDataReference(buffer));
    }

    /// <summary>
    /// Lets <paramref name="deadline"/> end this vCPU's runs. Without it a run lasts as long as the guest pleases.
    /// </summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public void StopAt(RunDeadline deadline)
    {
        ArgumentNullException.ThrowIfNull(deadline);
        var mask = new KvmSignalMask { Length = sizeof(ulong), Signals = deadline.MaskInGuest };
        _handle.Ioctl(KvmIoctl.KVM_SET_SIGNAL_MASK, ref mask);
    }

    /// <summary>Runs the guest until it exits or a signal comes.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmExitReason Run()
    {
        if (NativeMethods.Ioctl(_handle, (uint)KvmIoctl.KVM_RUN, 0) == 0)
        {
            return (KvmExitReason)BinaryPrimitives.ReadInt32LittleEndian(_run.Bytes[ExitReasonAt..]);
        }

        var error = NativeMethods.LastError(nameof(KvmIoctl.KVM_RUN));
        return error.Errno == Errno.Interrupted ? KvmExitReason.Interrupted : throw error;
    }

    /// <summary>Ends the vCPU.</summary>
    public void Dispose()
    {
        _run.Dispose();
        _handle.Dispose();
    }
}
