namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// The ioctl requests that the agent sends, under the kernel's names. The numbers are the kernel's <c>_IO</c>,
/// <c>_IOW</c>, <c>_IOR</c> and <c>_IOWR</c> encodings for x86-64: direction, size of the argument, type 0xAE, number.
/// </summary>
internal enum KvmIoctl : uint
{
    // On /dev/kvm.
    KVM_GET_API_VERSION = 0xAE00,
    KVM_CREATE_VM = 0xAE01,
    KVM_CHECK_EXTENSION = 0xAE03,
    KVM_GET_VCPU_MMAP_SIZE = 0xAE04,
    KVM_GET_SUPPORTED_CPUID = 0xC008AE05,
    KVM_GET_MSR_FEATURE_INDEX_LIST = 0xC004AE0A,
    KVM_GET_MSRS = 0xC008AE88,

    // On a VM.
    KVM_CREATE_VCPU = 0xAE41,
    KVM_SET_USER_MEMORY_REGION = 0x4020AE46,
    KVM_SET_TSS_ADDR = 0xAE47,
    KVM_SET_IDENTITY_MAP_ADDR = 0x4008AE48,

    // On a vCPU.
    KVM_RUN = 0xAE80,
    KVM_GET_REGS = 0x8090AE81,
    KVM_SET_REGS = 0x4090AE82,
    KVM_GET_SREGS = 0x8138AE83,
    KVM_SET_SREGS = 0x4138AE84,
    KVM_SET_SIGNAL_MASK = 0x4004AE8B,
    KVM_SET_CPUID2 = 0x4008AE90,
}
