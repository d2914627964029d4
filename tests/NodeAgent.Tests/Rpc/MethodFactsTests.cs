using NodeAgent.Rpc;
using NodeAgent.Security;

namespace NodeAgent.Tests.Rpc;

public sealed class MethodFactsTests
{
    private static readonly IReadOnlyList<MethodFacts> Ours =
        [.. ApiMethods.Services.SelectMany(service => service.Methods).Select(method => MethodFacts.Of($"/{method.Service.FullName}/{method.Name}")).Where(facts => facts.IsOurs)];

    [Fact]
    public void What_changes_something_goes_on_record() => Ours.Where(facts => facts is { IsMutation: true, IsAudited: true }).Select(facts => facts.Name).ShouldBe(
        [
            "RefreshNode", "EnterMaintenance", "ExitMaintenance", "CreateVm", "UpdateVm", "DeleteVm", "StartVm", "ShutdownVm", "StopVm", "RebootVm", "ResetVm", "PauseVm", "ResumeVm", "SuspendVm",
            "CreateAccessTicket", "SendKeys", "InjectNmi", "JoinFleet", "LeaveFleet", "DeleteOperation", "CancelOperation",
        ],
        ignoreOrder: true);

    [Fact]
    public void What_reaches_into_a_guest_goes_on_record_too() => Ours.Where(facts => facts.IsAudited && !facts.IsMutation).Select(facts => facts.Name)
        .ShouldBe(["StreamConsole", "StreamDisplay", "ReadConsoleLog", "TakeScreenshot"], ignoreOrder: true);

    // A new method belongs in one of these lists: whoever adds it decides whether its calls go on record.
    [Fact]
    public void The_rest_only_reads() => Ours.Where(facts => !facts.IsAudited).Select(facts => facts.Name).ShouldBe(
        [
            "GetNode", "GetVm", "ListVms", "WatchVms", "RenderCommandLine", "ListEvents", "WatchEvents", "ListAuditRecords", "WatchAuditRecords", "GetAuditHead",
            "GetMembership", "ListOperations", "GetOperation", "WaitOperation",
        ],
        ignoreOrder: true);

    [Fact]
    public void What_may_last_counts_as_a_stream() => Ours.Where(facts => facts.IsLong).Select(facts => facts.Name).ShouldBe(
        ["WatchVms", "StreamConsole", "StreamDisplay", "ReadConsoleLog", "WatchEvents", "WatchAuditRecords", "WaitOperation"], ignoreOrder: true);

    [Fact]
    public void Requests_tell_their_subject_and_id()
    {
        var start = MethodFacts.Of("/nodeagent.v1.VmService/StartVm");
        var create = MethodFacts.Of("/nodeagent.v1.VmService/CreateVm");

        start.SubjectOf(new V1.StartVmRequest { Vm = "web" }).ShouldBe("web");
        start.RequestIdOf(new V1.StartVmRequest { RequestId = "r" }).ShouldBe("r");
        create.SubjectOf(new V1.CreateVmRequest { Vm = new V1.Vm { Name = "web" } }).ShouldBe("web");
        create.SubjectOf(new V1.CreateVmRequest()).ShouldBe("");
        MethodFacts.Of("/google.longrunning.Operations/CancelOperation").SubjectOf(new LongRunning.CancelOperationRequest { Name = "operations/x" }).ShouldBe("operations/x");
    }
}
