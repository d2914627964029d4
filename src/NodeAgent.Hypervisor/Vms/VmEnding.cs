using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Says why a process ended, from what was asked, what was seen and what the kernel tells.</summary>
internal static class VmEnding
{
    /// <param name="expected">Why it was expected to end; <c>null</c> when nobody expected it.</param>
    /// <param name="hostCause">QEMU's own word for what made it leave, where it said one.</param>
    /// <param name="exit">What the kernel tells.</param>
    /// <param name="lastWords">What QEMU wrote last.</param>
    /// <param name="time">Now.</param>
    public static VmExit Explain(VmExitReason? expected, string? hostCause, ProcessExit exit, string lastWords, DateTimeOffset time) => new()
    {
        Reason = expected ?? VmExitReason.QemuCrashed,
        Message = expected switch
        {
            VmExitReason.GuestShutdown => "The guest shut down.",
            VmExitReason.GuestPanic => "The guest's kernel panicked.",
            VmExitReason.Watchdog => "The guest did not feed its watchdog.",
            VmExitReason.KilledByRequest => "It was stopped on request.",
            _ => Unexpected(hostCause, exit),
        },
        Time = time,
        ExitCode = exit.ExitCode,
        Signal = exit.Signal,
        LastWords = lastWords,
    };

    private static string Unexpected(string? hostCause, ProcessExit exit) => exit switch
    {
        { Signal: { } signal } => $"QEMU was ended by signal {signal} that this agent did not send{(exit.CoreDumped ? ", and left a core dump" : "")}.",
        _ when hostCause is "host-signal" => "QEMU was told to leave by a signal that this agent did not send.",
        _ when hostCause is not null => $"QEMU left by itself ({hostCause}).",
        { ExitCode: { } code } => $"QEMU left by itself with exit status {code}.",
        _ => "QEMU ended, and the kernel does not tell how.",
    };
}
