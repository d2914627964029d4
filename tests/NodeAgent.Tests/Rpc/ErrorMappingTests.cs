using Google.Rpc;
using Grpc.Core;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class ErrorMappingTests
{
    private static readonly IReadOnlyList<ErrorRow> All =
    [
        .. Enum.GetValues<VmErrorReason>().Select(ErrorTable.Of),
        .. Enum.GetValues<LedgerReason>().Select(ErrorTable.Of),
        .. Enum.GetValues<RpcReason>().Select(ErrorTable.Of),
        .. Enum.GetValues<NodeAgent.Security.TicketReason>().Select(ErrorTable.Of),
        .. Enum.GetValues<NodeAgent.Fleet.FleetReason>().Select(ErrorTable.Of),
    ];

    private static readonly IReadOnlyDictionary<string, string[]> Manual = Repository.Read("docs/errors.md").Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[1].Trim('`'));

    [Fact]
    public void Every_reason_has_a_row_in_the_code_and_in_the_manual_and_they_agree()
    {
        foreach (var row in All)
        {
            Manual.ShouldContainKey(row.Reason);
            var cells = Manual[row.Reason];
            cells[2].ShouldBe(ErrorTable.NameOf(row.Code), row.Reason);
            cells[3].ShouldBe(string.Join(", ", Details(row)), row.Reason);
            cells[4].ShouldBe(row.RetryAfter switch
            {
                null => row.Reason == "INTERRUPTED" ? "yes" : "no",
                { TotalSeconds: >= 1 } time => $"after {time.TotalSeconds:0} s",
                { } time => $"after {time.TotalMilliseconds:0} ms",
            }, row.Reason);
            cells[5].Length.ShouldBeGreaterThan(10, row.Reason);
        }
    }

    [Fact]
    public void The_manual_has_no_reason_that_is_not_there() => Manual.Keys.ShouldBe(All.Select(row => row.Reason), ignoreOrder: true);

    [Fact]
    public void Reasons_differ() => All.Select(row => row.Reason).ShouldBeUnique();

    [Fact]
    public void An_invalid_spec_names_its_fields()
    {
        var status = ErrorMapping.Map(
            new VmException(VmErrorReason.InvalidSpec, "wrong") { Violations = [new FieldViolation("spec.disks[1].path", "not there")] }).GetRpcStatus()!;

        status.Code.ShouldBe((int)StatusCode.InvalidArgument);
        status.GetDetail<ErrorInfo>().ShouldBe(new ErrorInfo { Domain = "nodeagent", Reason = "INVALID_SPEC" });
        status.GetDetail<BadRequest>().FieldViolations.ShouldHaveSingleItem().Field.ShouldBe("spec.disks[1].path");
    }

    [Fact]
    public void A_precondition_names_its_vm() =>
        ErrorMapping.Map(new VmException(VmErrorReason.NotRunning, "It does not run."), "web").GetRpcStatus()!
            .GetDetail<PreconditionFailure>().Violations.ShouldHaveSingleItem().ShouldBe(
                new PreconditionFailure.Types.Violation { Type = "NOT_RUNNING", Subject = "web", Description = "It does not run." });

    [Fact]
    public void A_full_disk_says_what_has_run_out_and_when_to_ask_again()
    {
        var status = ErrorMapping.Map(new LedgerException(LedgerReason.DiskFull, "full")).GetRpcStatus()!;

        status.Code.ShouldBe((int)StatusCode.ResourceExhausted);
        status.GetDetail<QuotaFailure>().Violations.ShouldHaveSingleItem();
        status.GetDetail<RetryInfo>().RetryDelay.Seconds.ShouldBe(5);
    }

    [Fact]
    public void A_reused_request_id_names_the_field() =>
        ErrorMapping.Map(new VmException(VmErrorReason.RequestIdReused, "used")).GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations[0].Field.ShouldBe("request_id");

    [Fact]
    public void A_defect_tells_the_caller_nothing_of_the_inside()
    {
        var status = ErrorMapping.Map(new InvalidOperationException("secret"));

        status.StatusCode.ShouldBe(StatusCode.Internal);
        status.Status.Detail.ShouldNotContain("secret");
        ErrorMapping.IsAnswer(new InvalidOperationException()).ShouldBeFalse();
    }

    [Fact]
    public void An_operations_fault_is_the_same_as_the_calls()
    {
        ErrorTable.OfFault(new OperationFault("ShutdownTimedOut", "")).ShouldBe(ErrorTable.Of(VmErrorReason.ShutdownTimedOut));
        ErrorTable.OfFault(new OperationFault("FromAnotherVersion", "")).ShouldBe(new ErrorRow("FromAnotherVersion", StatusCode.Unknown));
        ErrorTable.OfFault(new OperationFault("3", "")).Code.ShouldBe(StatusCode.Unknown);
    }

    private static IEnumerable<string> Details(ErrorRow row)
    {
        if (row.Detail is not ErrorDetail.None)
        {
            yield return row.Detail switch
            {
                ErrorDetail.BadRequest => nameof(BadRequest),
                ErrorDetail.Precondition => nameof(PreconditionFailure),
                _ => nameof(QuotaFailure),
            };
        }

        if (row.RetryAfter is not null)
        {
            yield return nameof(RetryInfo);
        }
    }
}
