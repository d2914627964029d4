using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

#pragma warning disable CS1591 // The members are the processor's registers.

/// <summary>The general registers of a vCPU (<c>struct kvm_regs</c> of x86).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmRegisters
{
    public ulong Rax, Rbx, Rcx, Rdx;
    public ulong Rsi, Rdi, Rsp, Rbp;
    public ulong R8, R9, R10, R11;
    public ulong R12, R13, R14, R15;
    public ulong Rip, Rflags;
}

/// <summary>A segment register with its hidden part (<c>struct kvm_segment</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmSegment
{
    public ulong Base;
    public uint Limit;
    public ushort Selector;
    public byte Type, Present, Dpl, Db, S, L, G, Avl;
    public byte Unusable;
    private readonly byte _padding;
}

/// <summary>A descriptor table register (<c>struct kvm_dtable</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct KvmDescriptorTable
{
    public ulong Base;
    public ushort Limit;
}

/// <summary>The system registers of a vCPU (<c>struct kvm_sregs</c> of x86).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KvmSystemRegisters
{
    public KvmSegment Cs, Ds, Es, Fs, Gs, Ss, Tr, Ldt;
    public KvmDescriptorTable Gdt, Idt;
    public ulong Cr0, Cr2, Cr3, Cr4, Cr8;
    public ulong Efer, ApicBase;
    private unsafe fixed ulong _interruptBitmap[4];
}
