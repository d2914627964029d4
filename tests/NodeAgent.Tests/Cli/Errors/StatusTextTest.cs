using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.Cli.Errors;

namespace NodeAgent.Tests.Cli.Errors;

public sealed class StatusTextTest
{
    [Fact]
    public void All_details_are_told() => StatusText.Lines(new Google.Rpc.Status
    {
        Code = (int)StatusCode.FailedPrecondition,
        Message = "web is running",
        Details =
        {
            Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "spec.cpu.vcpus", Description = "must be 1 or more" } } }),
            Any.Pack(new PreconditionFailure { Violations = { new PreconditionFailure.Types.Violation { Type = "VM_STATE", Subject = "vms/web", Description = "must be stopped" } } }),
            Any.Pack(new QuotaFailure { Violations = { new QuotaFailure.Types.Violation { Subject = "disk", Description = "the ledger's disk is full" } } }),
            Any.Pack(new ErrorInfo { Domain = "nodeagent", Reason = "VM_RUNNING", Metadata = { ["vm"] = "web", ["pid"] = "12" } }),
            Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) }),
            Any.Pack(new Struct()),
        },
    }).ShouldBe(
    [
        "web is running [FAILED_PRECONDITION]",
        "  spec.cpu.vcpus: must be 1 or more",
        "  vms/web: must be stopped (VM_STATE)",
        "  disk: the ledger's disk is full",
        "  reason: VM_RUNNING (nodeagent, pid=12, vm=web)",
        "  try again in 2s",
    ]);

    [Fact]
    public void What_the_message_says_is_not_said_again()
    {
        StatusText.Lines(Refusal("spec.a: too large; spec.b: too small", ("spec.a", "too large"), ("spec.b", "too small")))
            .ShouldBe(["2 fields are wrong [INVALID_ARGUMENT]", "  spec.a: too large", "  spec.b: too small"]);
        StatusText.Lines(Refusal("spec.a: too large", ("spec.a", "too large"))).ShouldBe(["spec.a: too large [INVALID_ARGUMENT]"]);
    }

    [Fact]
    public void An_exception_without_details_still_has_a_code_and_a_text() =>
        StatusText.Lines(StatusText.Of(new RpcException(new Grpc.Core.Status(StatusCode.NotFound, "gone")))).ShouldBe(["gone [NOT_FOUND]"]);

    [Theory]
    [InlineData(StatusCode.OK, 0)]
    [InlineData(StatusCode.Internal, 1)]
    [InlineData(StatusCode.Unimplemented, 1)]
    [InlineData(StatusCode.InvalidArgument, 2)]
    [InlineData(StatusCode.OutOfRange, 2)]
    [InlineData(StatusCode.NotFound, 3)]
    [InlineData(StatusCode.AlreadyExists, 4)]
    [InlineData(StatusCode.Aborted, 4)]
    [InlineData(StatusCode.FailedPrecondition, 4)]
    [InlineData(StatusCode.Unavailable, 5)]
    [InlineData(StatusCode.DeadlineExceeded, 6)]
    [InlineData(StatusCode.PermissionDenied, 7)]
    [InlineData(StatusCode.Unauthenticated, 7)]
    [InlineData(StatusCode.ResourceExhausted, 8)]
    public void Each_code_has_the_exit_code_that_the_documentation_says(StatusCode code, int expected) => ExitCode.Of(code).ShouldBe(expected);

    private static Google.Rpc.Status Refusal(string message, params (string Field, string Description)[] fields) => new()
    {
        Code = (int)StatusCode.InvalidArgument,
        Message = message,
        Details =
        {
            Any.Pack(new BadRequest { FieldViolations = { fields.Select(f => new BadRequest.Types.FieldViolation { Field = f.Field, Description = f.Description }) } }),
        },
    };
}
