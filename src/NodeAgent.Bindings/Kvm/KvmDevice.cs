using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// The KVM of this host, <c>/dev/kvm</c>. What it tells is documented in the kernel's "The Definitive KVM API
/// Documentation" (Documentation/virt/kvm/api.rst).
/// </summary>
public sealed class KvmDevice : IDisposable
{
    /// <summary>The one API version that applications are to use; it has not changed since Linux 2.6.22.</summary>
    public const int RequiredApiVersion = 12;

    /// <summary>Where KVM is on a host that nobody has changed.</summary>
    public const string DefaultPath = "/dev/kvm";

    private const int FirstCpuidEntries = 128;
    private const int MostCpuidEntries = 4096;
    private const int DocumentedVcpusByDefault = 4;

    private readonly KvmSystemHandle _handle;

    private KvmDevice(KvmSystemHandle handle) => _handle = handle;

    /// <summary>The API version, see <see cref="RequiredApiVersion"/>.</summary>
    /// <exception cref="KvmException">The kernel refused; <see cref="Errno.NotTty"/> when the file is not
    /// KVM.</exception>
    public int ApiVersion => _handle.Ioctl(KvmIoctl.KVM_GET_API_VERSION);

    /// <summary>Opens the device.</summary>
    /// <exception cref="KvmException">It is not there, or this process may not open it.</exception>
    public static KvmDevice Open(string path)
    {
        var descriptor = NativeMethods.Open(path, NativeMethods.OpenReadWriteCloseOnExec);
        return descriptor < 0
            ? throw NativeMethods.LastError("open")
            : new KvmDevice(new KvmSystemHandle(descriptor));
    }

    /// <summary>Asks about one extension.</summary>
    /// <returns>0 when absent, else 1 or the extension's own number.</returns>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public int CheckExtension(KvmCapability capability) =>
        _handle.Ioctl(KvmIoctl.KVM_CHECK_EXTENSION, (nuint)capability);

    /// <summary>Asks about every extension of <see cref="KvmCapability"/>, in the order of their numbers.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public IReadOnlyList<KvmExtension> ReadExtensions() =>
        Array.ConvertAll(Enum.GetValues<KvmCapability>(), known => new KvmExtension(known, CheckExtension(known)));

    /// <summary>Asks how large a VM may be.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmLimits ReadLimits()
    {
        var recommended = OrElse(KvmCapability.KVM_CAP_NR_VCPUS, DocumentedVcpusByDefault);
        var most = OrElse(KvmCapability.KVM_CAP_MAX_VCPUS, recommended);
        return new KvmLimits(
            recommended,
            most,
            OrElse(KvmCapability.KVM_CAP_MAX_VCPU_ID, most),
            CheckExtension(KvmCapability.KVM_CAP_NR_MEMSLOTS),
            CheckExtension(KvmCapability.KVM_CAP_NESTED_STATE));
    }

    /// <summary>What CPUID may tell a guest here: the host's features that KVM supports, and KVM's own.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public CpuidEntry[] ReadSupportedCpuid()
    {
        for (var room = FirstCpuidEntries; ; room *= 2)
        {
            var buffer = CpuidBuffer.ForCount(room);
            try
            {
                _handle.Ioctl(KvmIoctl.KVM_GET_SUPPORTED_CPUID, ref MemoryMarshal.GetArrayDataReference(buffer));
                return CpuidBuffer.Entries(buffer);
            }
            catch (KvmException error) when (error.Errno == Errno.TooBig && room < MostCpuidEntries)
            {
                // Not enough room: the kernel does not say how much it wants.
            }
        }
    }

    /// <summary>
    /// The model-specific registers that tell features, with their values. Empty where the kernel is too old to tell; a
    /// register that the kernel lists but does not let read is left out.
    /// </summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public IReadOnlyList<MsrFeature> ReadMsrFeatures()
    {
        if (CheckExtension(KvmCapability.KVM_CAP_GET_MSR_FEATURES) == 0)
        {
            return [];
        }

        var features = new List<MsrFeature>();
        foreach (var index in ReadMsrFeatureIndices())
        {
            // One at a time: the kernel stops at the first register that it cannot read and returns how many it read.
            var request = new OneMsr { Count = 1, Index = index };
            if (_handle.Ioctl(KvmIoctl.KVM_GET_MSRS, ref request) == 1)
            {
                features.Add(new MsrFeature(index, request.Value));
            }
        }

        return features;
    }

    /// <summary>Creates a VM.</summary>
    /// <exception cref="KvmException">The kernel refused.</exception>
    public KvmVm CreateVm()
    {
        var runAreaBytes = _handle.Ioctl(KvmIoctl.KVM_GET_VCPU_MMAP_SIZE);
        return new KvmVm(new KvmVmHandle(_handle.Ioctl(KvmIoctl.KVM_CREATE_VM)), runAreaBytes);
    }

    /// <summary>Closes the device. VMs that it created live on.</summary>
    public void Dispose() => _handle.Dispose();

    private int OrElse(KvmCapability capability, int otherwise)
    {
        var value = CheckExtension(capability);
        return value == 0 ? otherwise : value;
    }

    private uint[] ReadMsrFeatureIndices()
    {
        // struct kvm_msr_list: a count, then the indices. If it is too short, the kernel writes the right count.
        var list = new uint[1];
        while (true)
        {
            try
            {
                _handle.Ioctl(KvmIoctl.KVM_GET_MSR_FEATURE_INDEX_LIST, ref list[0]);
                return list[1..(int)(list[0] + 1)];
            }
            catch (KvmException error) when (error.Errno == Errno.TooBig && list[0] > list.Length - 1)
            {
                var count = list[0];
                list = new uint[count + 1];
                list[0] = count;
            }
        }
    }

    /// <summary><c>struct kvm_msrs</c> with one <c>struct kvm_msr_entry</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OneMsr
    {
        public uint Count, Padding;
        public uint Index, Reserved;
        public ulong Value;
    }
}
