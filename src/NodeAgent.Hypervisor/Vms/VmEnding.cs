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
        Reason = expected ?? UnexpectedReason(hostCause, exit),
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

    // QEMU stays when its guest ends (-action shutdown=pause); it leaves with success only when it was told to.
    private static VmExitReason UnexpectedReason(string? hostCause, ProcessExit exit) => exit switch
    {
        { OutOfMemory: true } => VmExitReason.OutOfMemory,
        { Signal: null } when hostCause is "host-signal" => VmExitReason.StoppedByHost,
        { ExitCode: 0 } when hostCause is null => VmExitReason.StoppedByHost,
        _ => VmExitReason.QemuCrashed,
    };

    /// <summary>The end of a QEMU whose guest is safe on disk, whatever ended it.</summary>
    public static VmExit OfSuspend(VmExit exit, bool byHost) => exit with
    {
        Reason = VmExitReason.Suspended,
        Message = byHost
            ? "The host was shut down; the guest did not end by itself and was suspended to disk. It goes on with its next start."
            : "It was suspended to disk on request. It goes on with its next start.",
    };

    /// <summary>
    /// While the host goes down: an end that was asked for, by this agent or by systemd, is the host's doing. A crash stays one.
    /// </summary>
    /// <param name="exit">How it ended.</param>
    /// <param name="whyNotSaved">Why it could not be suspended, where that was tried.</param>
    public static VmExit OfHostShutdown(VmExit exit, string? whyNotSaved)
    {
        const int Killed = 9, Terminated = 15;
        var words = exit.Reason switch
        {
            VmExitReason.GuestShutdown => "The host was shut down, and the guest before it.",
            VmExitReason.KilledByRequest => whyNotSaved is null
                ? "The host was shut down; the guest did not end by itself and was stopped."
                : $"The host was shut down; the guest did not end by itself, could not be suspended, and was stopped. {whyNotSaved}",
            VmExitReason.StoppedByHost => "The host was shut down, and ended QEMU with it.",
            VmExitReason.QemuCrashed when exit.Signal is Killed or Terminated => "The host was shut down, and ended QEMU with it.",
            _ => null,
        };
        return words is null ? exit : exit with { Reason = VmExitReason.HostShutdown, Message = words };
    }

    private static string Unexpected(string? hostCause, ProcessExit exit) => exit switch
    {
        { OutOfMemory: true } => "The kernel killed QEMU because its unit had used up its memory; raise spec.resources.memory_max_bytes, or leave it out.",
        { Signal: { } signal } => $"QEMU was ended by signal {signal} that this agent did not send{(exit.CoreDumped ? ", and left a core dump" : "")}.",
        _ when hostCause is "host-signal" => "QEMU was told to end by the host (systemctl stop, machinectl terminate or SIGTERM).",
        { ExitCode: 0 } when hostCause is null => "QEMU was told to end by the host while the agent was away.",
        _ when hostCause is not null => $"QEMU left by itself ({hostCause}).",
        { ExitCode: { } code } => $"QEMU left by itself with exit status {code}.",
        _ => "QEMU ended, and the kernel does not tell how.",
    };
}
