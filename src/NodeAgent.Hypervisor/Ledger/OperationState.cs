namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Where an operation is. The numbers are stored: never renumber.</summary>
public enum OperationState
{
    /// <summary>Begun and not ended.</summary>
    Running = 1,

    /// <summary>Ended, with a result.</summary>
    Succeeded = 2,

    /// <summary>Ended, with a fault.</summary>
    Failed = 3,

    /// <summary>Ended because somebody asked for it to end.</summary>
    Cancelled = 4,
}
