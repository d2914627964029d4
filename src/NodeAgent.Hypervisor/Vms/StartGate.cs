using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Whether VMs may be started on this node. Maintenance closes it, and the host's going down; what the agent would start
/// by itself (autostart, a restart after a crash) waits at it, what somebody asks for is refused.
/// </summary>
public sealed class StartGate
{
    private readonly Lock _gate = new();
    private MaintenanceRow? _maintenance;
    private bool _hostGoesDown;
    private TaskCompletionSource _open = Opened();

    /// <summary>The node's maintenance; <c>null</c> when it is in service.</summary>
    public MaintenanceRow? Maintenance => Volatile.Read(ref _maintenance);

    /// <summary>The host is being shut down, and its guests with it.</summary>
    public bool HostGoesDown => Volatile.Read(ref _hostGoesDown);

    /// <summary>Completes when VMs may be started.</summary>
    public Task WhenOpen => Volatile.Read(ref _open).Task;

    /// <summary>Why nothing may be started now; <c>null</c> when it may.</summary>
    public VmDecision.Refuse? Refusal
    {
        get
        {
            if (HostGoesDown)
            {
                return new(VmErrorReason.HostGoingDown, "The host is being shut down; start the VM after it has booted again.");
            }

            return Maintenance is { } maintenance
                ? new(VmErrorReason.NodeInMaintenance, $"The node is in maintenance{Because(maintenance)}; start the VM elsewhere, or end it: nodectl node maintenance exit.")
                : null;
        }
    }

    /// <summary>Into maintenance, or out of it.</summary>
    public void Set(MaintenanceRow? maintenance) => Change(() => Volatile.Write(ref _maintenance, maintenance));

    /// <summary>The host goes down, or does not any more.</summary>
    public void SetHostGoesDown(bool goesDown) => Change(() => Volatile.Write(ref _hostGoesDown, goesDown));

    private static string Because(MaintenanceRow maintenance) => maintenance.Reason.Length > 0 ? $" ({maintenance.Reason})" : "";

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open.SetResult();
        return open;
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            if (Refusal is null)
            {
                _open.TrySetResult();
            }
            else if (_open.Task.IsCompleted)
            {
                Volatile.Write(ref _open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }
    }
}
