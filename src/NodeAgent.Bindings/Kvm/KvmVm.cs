using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>A virtual machine without devices. Dispose its vCPUs before it, and its memory after it.</summary>
public sealed class KvmVm : IDisposable
{
    private readonly KvmVmHandle _handle;
    private readonly int _runAreaBytes;

    internal KvmVm(KvmVmHandle handle, int runAreaBytes)
    {
        _handle = handle;
        _runAreaBytes = runAreaBytes;
    }

    /// <summary>
    /// Gives KVM four pages of guest address space for itself. Intel processors need that to run real mode; they must
    /// not
    /// lie where the guest has memory. One page more, for the identity map, follows directly below.
    /// </summary>
    /// <param name="address">Guest physical address below 4 GiB of the three pages of the task state segment.</param>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public void ReserveForRealMode(uint address)
    {
        const uint pageBytes = 4096;
        ulong identityMap = address - pageBytes;
        _handle.Ioctl(KvmIoctl.KVM_SET_IDENTITY_MAP_ADDR, ref identityMap);
        _handle.Ioctl(KvmIoctl.KVM_SET_TSS_ADDR, address);
    }

    /// <summary>
    /// Puts <paramref name="memory"/> into the guest, from guest physical address 0. The caller keeps it alive.
    /// </summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public void SetMemory(MappedMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var region = new MemoryRegion
        {
            Bytes = (ulong)memory.Bytes.Length,
            HostAddress = (ulong)memory.Address,
        };
        _handle.Ioctl(KvmIoctl.KVM_SET_USER_MEMORY_REGION, ref region);
    }

    /// <summary>Creates a vCPU, in the state in which a processor comes out of reset.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmVcpu CreateVcpu(int id)
    {
        var vcpu = new KvmVcpuHandle(_handle.Ioctl(KvmIoctl.KVM_CREATE_VCPU, (nuint)id));
        try
        {
            return new KvmVcpu(vcpu, MappedMemory.OfVcpu(vcpu, _runAreaBytes));
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }

    /// <summary>Ends the VM.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary><c>struct kvm_userspace_memory_region</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryRegion
    {
        public uint Slot, Flags;
        public ulong GuestAddress, Bytes, HostAddress;
    }
}
