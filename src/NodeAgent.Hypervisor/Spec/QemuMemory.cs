namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// What QEMU needs beside its guest's memory. Measured with QEMU 7.2 (docs/adr/0010-a-unit-of-its-own.md has the figures):
/// 34 to 56 MiB paused, 83 to 98 MiB with a Linux that runs under TCG, and the kernel's tables of the guest's pages.
/// </summary>
public static class QemuMemory
{
    private const long MiB = 1 << 20;

    // Five times what was measured, for I/O under way, caches of disks and what other devices bring.
    private const long Ample = 512 * MiB;

    // Tables of the guest's pages: 1/512 of its memory as the host maps it, once more as KVM does, and twice that for safety.
    private const long TablesPart = 128;

    // Code that TCG has translated; QEMU keeps 1 GiB of it at most, and had filled little when it was measured.
    private const long TranslationCache = 1024 * MiB;

    /// <summary>Room without which a guest would be killed before it has done anything, in bytes.</summary>
    public const long Least = 64 * MiB;

    /// <summary>All that a VM may have where nobody says otherwise, its guest's memory included, in bytes.</summary>
    /// <param name="guestBytes">The guest's memory.</param>
    /// <param name="translates">Whether TCG executes it.</param>
    public static long Enough(long guestBytes, bool translates) =>
        guestBytes + (guestBytes / TablesPart) + Ample + (translates ? TranslationCache : 0);
}
