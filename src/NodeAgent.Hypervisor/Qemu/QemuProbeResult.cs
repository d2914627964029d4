namespace NodeAgent.Hypervisor.Qemu;

/// <summary>The outcome of asking a QEMU binary what it can do.</summary>
public abstract record QemuProbeResult
{
    private QemuProbeResult()
    {
    }

    /// <summary>It answered.</summary>
    /// <param name="Capabilities">What it said.</param>
    /// <param name="Cached">Whether it said so earlier: same binary, modules, KVM, kernel and microcode.</param>
    public sealed record Answered(QemuCapabilities Capabilities, bool Cached) : QemuProbeResult;

    /// <summary>It did not.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Message">Why, for people.</param>
    /// <param name="LastWords">The last that it wrote to its standard output and error.</param>
    public sealed record Failed(QemuProbeFailure Reason, string Message, string LastWords = "") : QemuProbeResult;
}

/// <summary>Why a QEMU binary could not be asked.</summary>
public enum QemuProbeFailure
{
    /// <summary>There is no file at the path.</summary>
    Missing,

    /// <summary>The file cannot be executed.</summary>
    NotExecutable,

    /// <summary>It ended before it had answered.</summary>
    Crashed,

    /// <summary>It did not answer in time.</summary>
    Hung,

    /// <summary>What it answered is not what a QEMU answers.</summary>
    Garbage,
}
