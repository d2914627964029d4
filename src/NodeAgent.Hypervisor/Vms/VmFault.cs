using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Says any failure of work on a VM in the closed vocabulary.</summary>
internal static class VmFault
{
    public static OperationFault Of(Exception failure) => new(ReasonOf(failure).ToString(), failure.Message);

    public static VmErrorReason ReasonOf(Exception failure) => failure switch
    {
        VmException refusal => refusal.Reason,
        BootRefusedException refusal => ReasonOf(refusal.Reason),
        VmStartException { InnerException: BootRefusedException refusal } => ReasonOf(refusal.Reason),
        VmStartException { InnerException: VmException refusal } => refusal.Reason,
        VmStartException { Step: VmStart.LoadStep } => VmErrorReason.SavedStateUnusable,
        VmStartException => VmErrorReason.StartFailed,
        OperationCanceledException => VmErrorReason.Cancelled,
        QmpException { Error: QmpError.CommandFailed } => VmErrorReason.QemuRefused,
        QmpException => VmErrorReason.QemuSilent,
        _ => VmErrorReason.StartFailed,
    };

    /// <summary>A plan that was refused, as an exception for a caller who waits.</summary>
    public static VmException ToException(BootRefusedException refusal) =>
        new(ReasonOf(refusal.Reason), refusal.Message, refusal) { Violations = refusal.Violations };

    /// <summary>The same as an exception for a caller who waits.</summary>
    public static VmException ToException(QmpException failure) => new(ReasonOf(failure), failure.Description ?? failure.Message, failure);

    private static VmErrorReason ReasonOf(BootRefusal refusal) => refusal switch
    {
        BootRefusal.InvalidSpec => VmErrorReason.InvalidSpec,
        BootRefusal.HostUnfit => VmErrorReason.HostUnfit,
        BootRefusal.NoQemu => VmErrorReason.QemuUnavailable,
        BootRefusal.StorageSilent => VmErrorReason.StorageSilent,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
    };
}
