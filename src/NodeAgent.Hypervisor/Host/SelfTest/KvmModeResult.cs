namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>What the self-test saw in one mode. Figures that the guest did not live to give are null.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Outcome">How the guest's simple part ended: greeting, arithmetic, port exits.</param>
/// <param name="KernelOutcome">How its kernel work ended (32-bit: paging; 64-bit: paging, CR3, EFER, SSE2); null when
/// it did not come to that.</param>
/// <param name="Detail">What was wrong, in words; empty when all passed.</param>
/// <param name="Output">What the guest wrote as its greeting.</param>
/// <param name="LoopTime">The shortest time of <paramref name="LoopRounds"/> rounds of arithmetic, one exit
/// included.</param>
/// <param name="LoopRounds">The rounds in <paramref name="LoopTime"/>.</param>
/// <param name="HostRatio">How many times longer a round took than the same arithmetic in this process; about 1 when
/// the processor runs the guest.</param>
/// <param name="ExitLatency">The median time from entering the guest to being back with one port access of its.</param>
/// <param name="Duration">All of it, from creating the VM to destroying it.</param>
public sealed record KvmModeResult(
    GuestMode Mode,
    KvmModeOutcome Outcome,
    KvmModeOutcome? KernelOutcome,
    string Detail,
    string Output,
    TimeSpan? LoopTime,
    long? LoopRounds,
    double? HostRatio,
    TimeSpan? ExitLatency,
    TimeSpan Duration);
