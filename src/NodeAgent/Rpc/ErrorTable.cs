using System.Text;
using Grpc.Core;
using NodeAgent.Fleet;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>Every reason there is, and what a caller gets for it. A test walks the enums and docs/errors.md.</summary>
internal static class ErrorTable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(250), Later = TimeSpan.FromSeconds(1), Patiently = TimeSpan.FromSeconds(5);

    public static ErrorRow Of(VmErrorReason reason) => reason switch
    {
        VmErrorReason.InvalidSpec => Row(reason, StatusCode.InvalidArgument, ErrorDetail.BadRequest),
        VmErrorReason.NotFound => Row(reason, StatusCode.NotFound),
        VmErrorReason.AlreadyExists => Row(reason, StatusCode.AlreadyExists),
        VmErrorReason.EtagMismatch => Row(reason, StatusCode.Aborted),
        VmErrorReason.RequestIdReused => Row(reason, StatusCode.InvalidArgument, ErrorDetail.BadRequest),
        VmErrorReason.NotRunning => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.NotStopped => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.GuestPaused => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.GuestPanicked => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.OperationInProgress => Row(reason, StatusCode.Aborted, retryAfter: Later),
        VmErrorReason.StateUnknown => Row(reason, StatusCode.Unavailable, retryAfter: Later),
        VmErrorReason.Quarantined => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.NoSuchDevice => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.HostUnfit => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.QemuUnavailable => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.StorageSilent => Row(reason, StatusCode.Unavailable, retryAfter: Patiently),
        VmErrorReason.StartFailed => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.QemuRefused => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.QemuSilent => Row(reason, StatusCode.Unavailable, retryAfter: Patiently),
        VmErrorReason.QemuEnded => Row(reason, StatusCode.Aborted),
        VmErrorReason.SuspendFailed => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.SavedStateUnusable => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.ShutdownTimedOut => Row(reason, StatusCode.DeadlineExceeded),
        VmErrorReason.Cancelled => Row(reason, StatusCode.Cancelled),
        VmErrorReason.Interrupted => Row(reason, StatusCode.Aborted),
        VmErrorReason.TooManyVms => Row(reason, StatusCode.ResourceExhausted, ErrorDetail.Quota),
        VmErrorReason.NodeInMaintenance => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        VmErrorReason.HostGoingDown => Row(reason, StatusCode.Unavailable),
        VmErrorReason.Overloaded => Row(reason, StatusCode.Unavailable, retryAfter: Soon),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    public static ErrorRow Of(LedgerReason reason) => reason switch
    {
        LedgerReason.DiskFull => Ledger(reason, StatusCode.ResourceExhausted, ErrorDetail.Quota, Patiently),
        LedgerReason.DiskFailed => Ledger(reason, StatusCode.Unavailable, retryAfter: Patiently),
        LedgerReason.Damaged => Ledger(reason, StatusCode.DataLoss),
        LedgerReason.Overloaded => Ledger(reason, StatusCode.Unavailable, retryAfter: Soon),
        LedgerReason.Closed => Ledger(reason, StatusCode.Unavailable, retryAfter: Later),
        LedgerReason.Internal => Ledger(reason, StatusCode.Internal),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    public static ErrorRow Of(RpcReason reason) => reason switch
    {
        RpcReason.InvalidRequest => Row(reason, StatusCode.InvalidArgument, ErrorDetail.BadRequest),
        RpcReason.AgentStarting => Row(reason, StatusCode.Unavailable, retryAfter: Soon),
        RpcReason.AgentStopping => Row(reason, StatusCode.Unavailable, retryAfter: Later),
        RpcReason.NotPermitted => Row(reason, StatusCode.PermissionDenied),
        RpcReason.RateLimited => Row(reason, StatusCode.ResourceExhausted, ErrorDetail.Quota, Soon),
        RpcReason.TooManyCalls => Row(reason, StatusCode.ResourceExhausted, ErrorDetail.Quota, Soon),
        RpcReason.TooManyStreams => Row(reason, StatusCode.ResourceExhausted, ErrorDetail.Quota),
        RpcReason.TooManyTickets => Row(reason, StatusCode.ResourceExhausted, ErrorDetail.Quota),
        RpcReason.OperationNotFound => Row(reason, StatusCode.NotFound),
        RpcReason.OperationRunning => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        RpcReason.OperationKept => Row(reason, StatusCode.Unimplemented),
        RpcReason.EventTokenExpired => Row(reason, StatusCode.OutOfRange),
        RpcReason.Internal => Row(reason, StatusCode.Internal),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    public static ErrorRow Of(FleetReason reason) => reason switch
    {
        FleetReason.TokenMalformed => Row(reason, StatusCode.InvalidArgument, ErrorDetail.BadRequest),
        FleetReason.TokenExpired => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        FleetReason.AlreadyInFleet => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        FleetReason.NotInFleet => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        FleetReason.ManagerUnreachable => Row(reason, StatusCode.Unavailable, retryAfter: Patiently),
        FleetReason.ManagerUntrusted => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        FleetReason.ManagerRefused => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        FleetReason.MembershipNotKept => Row(reason, StatusCode.Unavailable, retryAfter: Patiently),
        FleetReason.CredentialsConfigured => Row(reason, StatusCode.FailedPrecondition, ErrorDetail.Precondition),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    public static ErrorRow Of(TicketReason reason) => new($"TICKET_{NameOf(reason)}", reason switch
    {
        TicketReason.Unknown or TicketReason.Expired or TicketReason.Used or TicketReason.Void => StatusCode.Unauthenticated,
        TicketReason.Mismatch => StatusCode.PermissionDenied,
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    });

    /// <summary>The row of an operation's end, whose reason the ledger keeps by name; a name of another version is shown as it is.</summary>
    public static ErrorRow OfFault(OperationFault fault) =>
        Enum.TryParse<VmErrorReason>(fault.Reason, out var reason) && reason.ToString() == fault.Reason
            ? Of(reason)
            : new ErrorRow(fault.Reason, StatusCode.Unknown);

    /// <summary>A reason's name as AIP-193 wants it: <c>NotFound</c> becomes <c>NOT_FOUND</c>.</summary>
    public static string NameOf(Enum reason)
    {
        var name = new StringBuilder();
        foreach (var c in reason.ToString())
        {
            if (char.IsUpper(c) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToUpperInvariant(c));
        }

        return name.ToString();
    }

    private static ErrorRow Ledger(LedgerReason reason, StatusCode code, ErrorDetail detail = ErrorDetail.None, TimeSpan? retryAfter = null) =>
        new($"LEDGER_{NameOf(reason)}", code, detail, retryAfter);

    private static ErrorRow Row(Enum reason, StatusCode code, ErrorDetail detail = ErrorDetail.None, TimeSpan? retryAfter = null) =>
        new(NameOf(reason), code, detail, retryAfter);
}
