namespace NodeAgent.Bindings.Linux;

/// <summary>How a process ended, as far as the kernel still tells.</summary>
/// <param name="ExitCode">Its exit status (0 to 255), or <c>null</c> when a signal ended it or nobody knows.</param>
/// <param name="Signal">The signal that ended it, or <c>null</c>.</param>
/// <param name="CoreDumped">Whether it left a core dump.</param>
public readonly record struct ProcessExit(int? ExitCode, int? Signal, bool CoreDumped)
{
    /// <summary>Whether the kernel killed it because it, or its control group, had used up its memory.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>The process is gone and left no trace of how.</summary>
    public static ProcessExit Unknown => default;

    /// <summary>Whether exit status or signal is known.</summary>
    public bool IsKnown => ExitCode is not null || Signal is not null;

    /// <summary>Decodes the status word of wait(2).</summary>
    internal static ProcessExit FromWaitStatus(int status) =>
        (status & 0x7f) == 0
            ? new ProcessExit((status >> 8) & 0xff, null, false)
            : new ProcessExit(null, status & 0x7f, (status & 0x80) != 0);
}
