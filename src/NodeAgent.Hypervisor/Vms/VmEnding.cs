using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Says why a process ended, from what was asked, what was seen and what the kernel tells.</summary>
internal static class VmEnding
{
    // ShutdownCause of QAPI, as QEMU says it.
    private const string QuitCause = "host-qmp-quit";

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
            VmExitReason.StartFailed => "The start was interrupted, and the saved state could not be loaded then; it is kept, and the next start tries again.",
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

        // Only the agent has that monitor: a stop that it gave up waiting for, and that QEMU obeyed once it could.
        { ExitCode: 0 } when hostCause is QuitCause => VmExitReason.KilledByRequest,
        { ExitCode: 0 } when hostCause is null => VmExitReason.StoppedByHost,
        _ => VmExitReason.QemuCrashed,
    };

    /// <summary>
    /// An end that nobody saw. What systemd or the kernel tells of it comes first; what was being done explains only what
    /// that leaves open, and what nobody can know is called unknown.
    /// </summary>
    /// <param name="intent">What was being done when the agent ended.</param>
    /// <param name="told">What is told of it.</param>
    /// <param name="lastWords">What QEMU wrote last.</param>
    /// <param name="time">Now.</param>
    public static VmExit Unseen(IntentRow? intent, ProcessExit told, string lastWords, DateTimeOffset time)
    {
        const int Killed = 9;
        var isSilent = told is { IsKnown: false, OutOfMemory: false };
        VmExitReason? expected = (intent?.Kind, told) switch
        {
            // The guest was seen to end before; the rest was to clear its QEMU away.
            (nameof(VmWork.ClearAway), _) => ReasonOf(intent!),
            (nameof(VmWork.Kill), { ExitCode: 0 } or { Signal: Killed, OutOfMemory: false }) => VmExitReason.KilledByRequest,
            (nameof(VmWork.Quit), { ExitCode: 0 }) => VmExitReason.KilledByRequest,
            (nameof(VmWork.Kill) or nameof(VmWork.Quit), _) when isSilent => VmExitReason.KilledByRequest,

            // QEMU stays when its guest ends: what told it to leave was the agent, after the end, unless it was a signal,
            // of which QEMU speaks.
            (nameof(VmWork.Shutdown), { ExitCode: 0 }) when !lastWords.Contains("terminating on signal", StringComparison.Ordinal) => VmExitReason.GuestShutdown,
            _ => null,
        };
        return expected is not null || !isSilent ? Explain(expected, null, told, lastWords, time) : new VmExit
        {
            Reason = VmExitReason.Unknown,
            Message = intent?.Kind == nameof(VmWork.Shutdown)
                ? "It was being shut down on request when the agent ended; how it ended meanwhile is not known."
                : "It ended while the agent was away.",
            Time = time,
            LastWords = lastWords,
        };
    }

    /// <summary>Why a guest had ended whose QEMU was to be cleared away.</summary>
    public static VmExitReason ReasonOf(IntentRow intent) =>
        Enum.TryParse<VmExitReason>(intent.Phase, out var reason) ? reason : VmExitReason.GuestShutdown;

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
        { ExitCode: 0 } when hostCause is QuitCause => "It was stopped on request, after that had been given up.",
        _ when hostCause is not null => $"QEMU left by itself ({hostCause}).",
        { ExitCode: { } code } => $"QEMU left by itself with exit status {code}.",
        _ => "QEMU ended, and the kernel does not tell how.",
    };
}
