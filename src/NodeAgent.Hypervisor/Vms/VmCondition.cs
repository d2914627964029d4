namespace NodeAgent.Hypervisor.Vms;

/// <summary>Something wrong with a VM that is not its state: it runs, but.</summary>
/// <param name="Kind">What.</param>
/// <param name="Message">What, for people.</param>
/// <param name="Since">Since when.</param>
public sealed record VmCondition(VmConditionKind Kind, string Message, DateTimeOffset Since);

/// <summary>What can be wrong with a VM that runs.</summary>
public enum VmConditionKind
{
    /// <summary>The monitor's connection is gone and cannot be made anew; the process lives.</summary>
    MonitorLost,

    /// <summary>The monitor does not answer; the process lives.</summary>
    MonitorSilent,

    /// <summary>A disk had an error.</summary>
    DiskError,

    /// <summary>KVM was asked for on a host where it only emulates.</summary>
    AcceleratorDoubtful,

    /// <summary>The restart policy gave up.</summary>
    RestartsExhausted,
}
