using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>Conditions as the contract's.</summary>
internal static class ConditionWriter
{
    /// <summary>A condition of a VM: it is there because something is wrong, so it is true.</summary>
    public static V1.Condition Write(VmCondition condition)
    {
        var (severity, remedy) = Advice(condition.Kind);
        return new V1.Condition
        {
            Type = condition.Kind.ToString(),
            Status = V1.ConditionStatus.True,
            Reason = condition.Kind.ToString(),
            Message = condition.Message,
            Remedy = remedy,
            LastTransitionTime = condition.Since.ToTimestamp(),
            Severity = severity,
        };
    }

    /// <summary>A condition of the node.</summary>
    public static V1.Condition Write(NodeCondition condition, ConditionSeverity severity, DateTimeOffset since) => new()
    {
        Type = condition.Type,
        Status = condition.Status switch
        {
            ConditionStatus.True => V1.ConditionStatus.True,
            ConditionStatus.False => V1.ConditionStatus.False,
            ConditionStatus.Unknown => V1.ConditionStatus.Unknown,
            _ => throw new ArgumentOutOfRangeException(nameof(condition)),
        },
        Reason = condition.Reason,
        Message = condition.Message,
        Remedy = condition.Remedy,
        LastTransitionTime = since.ToTimestamp(),
        Severity = severity switch
        {
            ConditionSeverity.Info => V1.ConditionSeverity.Info,
            ConditionSeverity.Warning => V1.ConditionSeverity.Warning,
            ConditionSeverity.Error => V1.ConditionSeverity.Error,
            _ => throw new ArgumentOutOfRangeException(nameof(severity)),
        },
    };

    private static (V1.ConditionSeverity Severity, string Remedy) Advice(VmConditionKind kind) => kind switch
    {
        VmConditionKind.MonitorLost => (V1.ConditionSeverity.Warning, "The agent goes on trying. The guest runs; if it must be ended, stop it with force."),
        VmConditionKind.MonitorSilent => (V1.ConditionSeverity.Warning, "Look at the storage of its disks: a QEMU that waits for storage does not answer. Stop it with force if it must be ended."),
        VmConditionKind.DiskError => (V1.ConditionSeverity.Error, "Mend or enlarge the storage of the disk, then resume the VM if it is paused."),
        VmConditionKind.AcceleratorDoubtful => (V1.ConditionSeverity.Warning, "Use accelerator tcg or auto on this host."),
        VmConditionKind.RestartsExhausted => (V1.ConditionSeverity.Error, "Read the last words in status.exit, mend the cause, then start the VM."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
