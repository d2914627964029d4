namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// A self-test guest did not do what it should. Never leaves the self-test: it becomes a <see cref="KvmModeResult"/>.
/// </summary>
internal sealed class GuestFailureException(KvmModeOutcome outcome, string detail) : Exception(detail)
{
    /// <summary>How the guest ended.</summary>
    public KvmModeOutcome Outcome { get; } = outcome;
}
