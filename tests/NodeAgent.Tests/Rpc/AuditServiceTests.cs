using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Audit;
using NodeAgent.Cli.Audit;
using NodeAgent.Rpc;
using NodeAgent.Security;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

public sealed class AuditServiceTests : IAsyncLifetime
{
    private RunningAgent _agent = null!;
    private V1.VmService.VmServiceClient _vms = null!;
    private V1.AuditService.AuditServiceClient _audit = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _agent = await RunningAgent.StartAsync();
        _vms = new(_agent.Channel);
        _audit = new(_agent.Channel);
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_change_has_one_record_that_says_who_what_and_which_request()
    {
        var vm = await CreateAsync("web", requestId: "r-1");

        var record = (await RecordsAsync()).ShouldHaveSingleItem();

        (record.Method, record.Subject, record.VmId, record.RequestId, record.Result).ShouldBe(("VmService/CreateVm", "web", vm.Id, "r-1", "OK"));
        (record.Kind, record.Count, record.Source).ShouldBe((V1.AuditKind.Call, 1, "unix"));
        record.Caller.ShouldStartWith("uid:");
    }

    [Fact]
    public async Task Work_has_a_record_of_its_acceptance_and_one_of_its_end()
    {
        await CreateAsync("web");
        var operation = await _vms.StartVmAsync(new() { Vm = "web", RequestId = "r-2" }, cancellationToken: Cancellation);
        await new LongRunning.Operations.OperationsClient(_agent.Channel).WaitOperationAsync(new() { Name = operation.Name }, cancellationToken: Cancellation);

        var records = (await RecordsAsync()).Skip(1).ToList();

        records.Select(record => (record.Kind, record.Method, record.RequestId, record.Result)).ShouldBe(
        [
            (V1.AuditKind.Call, "VmService/StartVm", "r-2", "OK"),
            (V1.AuditKind.End, "StartVm", "r-2", "FAILED"),
        ]);
        records.ShouldAllBe(record => operation.Name == "operations/" + record.OperationId);
        records[1].Reason.ShouldBe("QEMU_UNAVAILABLE");
    }

    [Fact]
    public async Task A_change_that_is_refused_is_on_record_with_the_reason_and_a_read_that_finds_nothing_is_not()
    {
        await Should.ThrowAsync<RpcException>(async () => await _vms.StartVmAsync(new() { Vm = "web", RequestId = "r-3" }, cancellationToken: Cancellation));
        await Should.ThrowAsync<RpcException>(async () => await _vms.GetVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation));

        var record = (await RecordsAsync()).ShouldHaveSingleItem();

        (record.Kind, record.Method, record.Subject, record.RequestId, record.Result, record.Reason).ShouldBe(
            (V1.AuditKind.Refusal, "VmService/StartVm", "web", "r-3", "NOT_FOUND", "NOT_FOUND"));
    }

    [Fact]
    public async Task Ten_thousand_refused_calls_leave_a_handful_of_records()
    {
        for (var i = 0; i < 100; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
            {
                using var call = _vms.DeleteVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation);
                await ((Task)call.ResponseAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                call.GetStatus().StatusCode.ShouldBeOneOf(StatusCode.NotFound, StatusCode.ResourceExhausted);
            }));
        }

        _agent.App.Services.GetRequiredService<AuditTrail>().Flush();

        var records = await RecordsAsync();
        records.Count.ShouldBeLessThan(20);
        records.Sum(record => record.Count).ShouldBe(10_000);
    }

    [Fact]
    public async Task A_token_is_nowhere_in_the_log()
    {
        const string secret = "nodeagent-join-1.c2VjcmV0LXNlY3JldC1zZWNyZXQ";
        var fleet = new V1.FleetService.FleetServiceClient(_agent.Channel);
        await Should.ThrowAsync<RpcException>(async () => await fleet.JoinFleetAsync(new() { Token = secret }, cancellationToken: Cancellation));

        var record = (await RecordsAsync()).ShouldHaveSingleItem();

        record.Method.ShouldBe("FleetService/JoinFleet");
        record.ToString().ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public async Task Pages_and_filters_show_what_is_wanted()
    {
        for (var i = 0; i < 7; i++)
        {
            await CreateAsync($"vm{i}");
        }

        await _vms.DeleteVmAsync(new() { Vm = "vm3" }, cancellationToken: Cancellation);
        await RecordsAsync();
        var seen = new List<long>();
        var request = new V1.ListAuditRecordsRequest { PageSize = 3, MethodPrefix = "VmService/Create" };
        do
        {
            var page = await _audit.ListAuditRecordsAsync(request, cancellationToken: Cancellation);
            seen.AddRange(page.Records.Select(record => record.Sequence));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        var newest = await _audit.ListAuditRecordsAsync(new() { PageSize = 2, NewestFirst = true }, cancellationToken: Cancellation);
        var none = await _audit.ListAuditRecordsAsync(new() { StartTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddHours(1)) }, cancellationToken: Cancellation);

        seen.Count.ShouldBe(7);
        seen.ShouldBeInOrder();
        newest.Records[0].Method.ShouldBe("VmService/DeleteVm");
        newest.Records[1].Subject.ShouldBe("vm6");
        none.Records.ShouldBeEmpty();
        (await Should.ThrowAsync<RpcException>(async () => await _audit.ListAuditRecordsAsync(new() { AfterSequence = -1 }, cancellationToken: Cancellation))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Client_computes_the_chain_from_the_records_alone()
    {
        await CreateAsync("web");
        await Should.ThrowAsync<RpcException>(async () => await _vms.StartVmAsync(new() { Vm = "nöne" }, cancellationToken: Cancellation));
        var records = await RecordsAsync();
        var head = await _audit.GetAuditHeadAsync(new(), cancellationToken: Cancellation);

        var previous = RecordHash.OfNothing;
        foreach (var record in (await _audit.ListAuditRecordsAsync(new(), cancellationToken: Cancellation)).Records)
        {
            record.Hash.ShouldBe(RecordHash.Of(previous, record));
            previous = record.Hash;
        }

        head.Hash.ShouldBe(previous);
        records.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_watch_shows_what_is_there_and_what_comes()
    {
        await CreateAsync("a");
        using var watch = _audit.WatchAuditRecords(new(), cancellationToken: Cancellation);
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        watch.ResponseStream.Current.Record.Subject.ShouldBe("a");

        await CreateAsync("b");

        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        watch.ResponseStream.Current.Record.Subject.ShouldBe("b");
    }

    [Fact]
    public async Task The_log_tells_each_record_with_number_and_hash()
    {
        await CreateAsync("web");
        var record = (await RecordsAsync()).ShouldHaveSingleItem();

        var log = await _agent.StopAsync();

        log.ShouldContain($"VmService/CreateVm web by {record.Caller}: OK (from unix)");
    }

    [Fact]
    public async Task Changes_that_the_ledger_makes_durable_have_one_record_each()
    {
        var nodes = new V1.NodeService.NodeServiceClient(_agent.Channel);
        var vm = await CreateAsync("web");
        await CreateAsync("web-2", "r-1");
        await CreateAsync("web-2", "r-1");
        await _vms.UpdateVmAsync(new() { Vm = new V1.Vm { Name = "web", Labels = { ["tier"] = "db" } }, UpdateMask = new() { Paths = { "labels" } } }, cancellationToken: Cancellation);
        await _vms.StopVmAsync(new() { Vm = "web", Force = true }, cancellationToken: Cancellation);
        await nodes.EnterMaintenanceAsync(new() { Reason = "test" }, cancellationToken: Cancellation);
        await nodes.ExitMaintenanceAsync(new(), cancellationToken: Cancellation);
        await _vms.DeleteVmAsync(new() { Vm = vm.Id }, cancellationToken: Cancellation);

        (await RecordsAsync()).Select(record => $"{record.Kind} {record.Method} {record.Subject} {record.Result}").ShouldBe(
        [
            "Call VmService/CreateVm web OK", "Call VmService/CreateVm web-2 OK",
            // The repeat of a request changes nothing; that somebody asked again is on record all the same.
            "Call VmService/CreateVm web-2 OK",
            "Call VmService/UpdateVm web OK", "Call VmService/StopVm web OK", "Call NodeService/EnterMaintenance  OK", "Call NodeService/ExitMaintenance  OK", "Call VmService/DeleteVm web OK",
        ]);
    }

    // What is sent is nothing that most of them take: then that is on record.
    [Theory]
    [MemberData(nameof(Audited))]
    public async Task Call_of_any_method_leaves_one_record(string method)
    {
        var parts = method.Split('/');
        var bytes = Marshallers.Create<byte[]>(static data => data, static data => data);
        using var call = _agent.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, parts[1], parts[2], bytes, bytes), null, new CallOptions(cancellationToken: Cancellation));
        try
        {
            await call.RequestStream.WriteAsync([], Cancellation);
            await call.RequestStream.CompleteAsync();
            await call.ResponseStream.MoveNext(Cancellation);
        }
        catch (RpcException)
        {
            // Refused.
        }

        var record = (await RecordsAsync()).ShouldHaveSingleItem();
        record.Method.ShouldBe(MethodFacts.Of(method).ShortName);
        (record.Kind is V1.AuditKind.Call).ShouldBe(record.Result == "OK");
    }

    public static TheoryData<string> Audited =>
        [.. ApiMethods.Services.SelectMany(service => service.Methods).Select(method => $"/{method.Service.FullName}/{method.Name}").Where(name => MethodFacts.Of(name).IsAudited)];

    // Whatever a method does or leaves out itself, one call that succeeds is one record.
    [Theory]
    [MemberData(nameof(Audited))]
    public async Task Call_that_nobody_else_put_on_record_is_put_there_before_it_is_answered(string method)
    {
        var services = _agent.App.Services;
        var trail = services.GetRequiredService<AuditTrail>();
        var facts = MethodFacts.Of(method);
        var record = new CallRecord(trail, facts, new Caller("operator:alice", "192.0.2.7:1"), null);

        await record.SucceededAsync(null);
        await record.SucceededAsync(null);

        var written = (await _agent.Floor.Ledger.Audit.ReadAfterAsync(0, 10, Cancellation)).ShouldHaveSingleItem();
        (written.Fact.Method, written.Fact.Caller, written.Fact.Source, written.Fact.Result).ShouldBe((facts.ShortName, "operator:alice", "192.0.2.7:1", "OK"));
    }

    private async Task<V1.Vm> CreateAsync(string name, string requestId = "") => await _vms.CreateVmAsync(
        new()
        {
            RequestId = requestId,
            Vm = new V1.Vm { Name = name, Spec = new V1.VmSpec { MemoryBytes = 128 << 20, Cpu = new V1.CpuSpec { Vcpus = 1 } } },
        },
        cancellationToken: Cancellation);

    // Refusals are not waited for; what is written after them comes after them.
    private async Task<IReadOnlyList<V1.AuditRecord>> RecordsAsync()
    {
        await _agent.Floor.Ledger.RecordAsync([]);
        return (await _audit.ListAuditRecordsAsync(new() { PageSize = 1000 }, cancellationToken: Cancellation)).Records;
    }
}
