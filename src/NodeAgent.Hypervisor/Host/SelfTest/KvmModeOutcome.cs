namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>How the self-test's guest of one mode ended.</summary>
public enum KvmModeOutcome
{
    /// <summary>It did all it should, with the right results.</summary>
    Passed,

    /// <summary>It ran, and said or computed something wrong.</summary>
    WrongOutput,

    /// <summary>It stopped where it should not have, for instance because it faulted.</summary>
    UnexpectedExit,

    /// <summary>KVM had to emulate an instruction of it and could not.</summary>
    EmulationFailed,

    /// <summary>It did not end in time and was stopped.</summary>
    TimedOut,

    /// <summary>KVM refused a system call.</summary>
    Refused,
}
