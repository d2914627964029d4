namespace NodeAgent.Hypervisor.Qemu;

/// <summary>How a monitor fares. None of these says that the guest died.</summary>
public enum MonitorHealth
{
    /// <summary>It is connected and answers.</summary>
    Answering,

    /// <summary>It is connected and has not answered in time.</summary>
    Silent,

    /// <summary>Its connection is gone and is being made anew.</summary>
    Lost,

    /// <summary>It was lost and is connected again: what happened meanwhile must be asked for.</summary>
    Restored,
}
