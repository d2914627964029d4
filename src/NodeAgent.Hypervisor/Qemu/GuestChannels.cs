namespace NodeAgent.Hypervisor.Qemu;

/// <summary>The descriptors that QEMU finds its listening sockets at.</summary>
/// <param name="Control">The monitor that commands go through.</param>
/// <param name="Observer">The second monitor.</param>
/// <param name="Console">The serial console; not used by a VM without one.</param>
public sealed record GuestChannels(int Control = 3, int Observer = 4, int Console = 5)
{
    /// <summary>Number of the first descriptor after them.</summary>
    /// <param name="withConsole">Whether the VM has a console.</param>
    public int Next(bool withConsole) => withConsole ? Console + 1 : Observer + 1;

    /// <summary>The first three after standard input, output and error, in this order.</summary>
    public static GuestChannels Default { get; } = new();
}
