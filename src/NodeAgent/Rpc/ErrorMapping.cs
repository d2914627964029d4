using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.Fleet;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>The only place where an exception becomes a status (AIP-193): code, message, and google.rpc details.</summary>
internal static class ErrorMapping
{
    /// <summary>The domain of every ErrorInfo.</summary>
    public const string Domain = "nodeagent";

    // What a caller may be told of a defect; the log has the rest.
    private const string Defect = "The agent failed at this call; its log has the particulars.";

    /// <summary>The status that the caller gets.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="subject">What the call was about, "vms/web"; empty where there is none.</param>
    public static RpcException Map(Exception error, string subject = "") => error switch
    {
        RpcException status => status,
        VmException { Reason: VmErrorReason.RequestIdReused } reused => Status(
            ErrorTable.Of(reused.Reason), reused.Message, subject, [new FieldViolation("request_id", reused.Message)]).ToRpcException(),
        VmException vm => Status(ErrorTable.Of(vm.Reason), vm.Message, subject, vm.Violations).ToRpcException(),
        LedgerException ledger => Status(ErrorTable.Of(ledger.Reason), ledger.Message, subject, []).ToRpcException(),
        RpcRefusal refusal => Status(ErrorTable.Of(refusal.Reason), refusal.Message, subject, refusal.Violations).ToRpcException(),
        FleetException { Reason: FleetReason.TokenMalformed } token => Status(
            ErrorTable.Of(token.Reason), token.Message, subject, [new FieldViolation("token", token.Message)]).ToRpcException(),
        FleetException fleet => Status(ErrorTable.Of(fleet.Reason), fleet.Message, subject, []).ToRpcException(),
        TicketException ticket => Status(ErrorTable.Of(ticket.Reason), ticket.Message, subject, []).ToRpcException(),
        OperationCanceledException => new RpcException(new Grpc.Core.Status(StatusCode.Cancelled, "The call was cancelled.")),
        _ => Status(ErrorTable.Of(RpcReason.Internal), Defect, subject, []).ToRpcException(),
    };

    /// <summary>Whether the exception is an answer; anything else is a defect and must be logged with its stack.</summary>
    public static bool IsAnswer(Exception error) => error is RpcException or VmException or LedgerException or RpcRefusal or FleetException or TicketException or OperationCanceledException;

    /// <summary>The reason that a status carries; empty where it carries none.</summary>
    public static string ReasonOf(RpcException status) => status.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";

    /// <summary>A status with its details.</summary>
    public static Google.Rpc.Status Status(ErrorRow row, string message, string subject, IEnumerable<FieldViolation> violations)
    {
        var status = new Google.Rpc.Status { Code = (int)row.Code, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Reason = row.Reason }));
        switch (row.Detail)
        {
            case ErrorDetail.BadRequest:
                status.Details.Add(Any.Pack(new BadRequest
                {
                    FieldViolations =
                    {
                        violations.Select(one => new BadRequest.Types.FieldViolation { Field = one.Field, Description = one.Description }),
                    },
                }));
                break;
            case ErrorDetail.Precondition:
                status.Details.Add(Any.Pack(new PreconditionFailure
                {
                    Violations = { new PreconditionFailure.Types.Violation { Type = row.Reason, Subject = subject, Description = message } },
                }));
                break;
            case ErrorDetail.Quota:
                status.Details.Add(Any.Pack(new QuotaFailure
                {
                    Violations = { new QuotaFailure.Types.Violation { Subject = subject, Description = message } },
                }));
                break;
            default:
                break;
        }

        if (row.RetryAfter is { } after)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = after.ToDuration() }));
        }

        return status;
    }
}
