using Microsoft.Extensions.Logging;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What every VM uses and no VM owns.</summary>
public sealed class VmServices
{
    private VmOptions _options = null!;

    /// <summary>Durable state.</summary>
    public required NodeLedger Ledger { get; init; }

    /// <summary>Operations.</summary>
    public required OperationBook Operations { get; init; }

    /// <summary>Starts QEMU.</summary>
    public required IQemuLauncher Launcher { get; init; }

    /// <summary>Says how a VM would be started here and now.</summary>
    public required BootPlanner Planner { get; init; }

    /// <summary>Where changes leave.</summary>
    public required VmFeed Feed { get; init; }

    /// <summary>Places, time-outs and limits; replaced as a whole when the configuration is read again.</summary>
    public required VmOptions Options
    {
        get => Volatile.Read(ref _options);
        set => Volatile.Write(ref _options, value);
    }

    /// <summary>Whether VMs may be started.</summary>
    public StartGate Gate { get; init; } = new();

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The log.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Removes what a VM that is gone has left in the run directory; what cannot be removed is told and stays.</summary>
    public void Clear(RunDirectory abandoned)
    {
        ArgumentNullException.ThrowIfNull(abandoned);
        try
        {
            abandoned.Remove();
        }
        catch (Exception clutter) when (clutter is IOException or UnauthorizedAccessException)
        {
            VmLog.NotCleared(Logger, abandoned.Path, clutter);
        }
    }
}
