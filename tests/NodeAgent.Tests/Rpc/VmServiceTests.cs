using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

public sealed class VmServiceTests : IAsyncLifetime
{
    private RunningAgent _agent = null!;
    private V1.VmService.VmServiceClient _vms = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _agent = await RunningAgent.StartAsync();
        _vms = new V1.VmService.VmServiceClient(_agent.Channel);
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_vm_is_created_read_changed_listed_and_deleted()
    {
        var created = await CreateAsync("web", ("tier", "db"));
        created.Status.State.ShouldBe(V1.VmState.Stopped);
        created.Status.Reason.ShouldBe("Created");
        created.Spec.Machine.ShouldBe("q35");

        (await _vms.GetVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation)).ShouldBe(created);
        (await _vms.GetVmAsync(new() { Vm = created.Id }, cancellationToken: Cancellation)).ShouldBe(created);

        var changed = await _vms.UpdateVmAsync(
            new()
            {
                Vm = new V1.Vm { Name = "web", Etag = created.Etag, Spec = new V1.VmSpec { MemoryBytes = 1 << 28 } },
                UpdateMask = new FieldMask { Paths = { "spec.memory_bytes" } },
            },
            cancellationToken: Cancellation);
        changed.Spec.MemoryBytes.ShouldBe(1 << 28);
        changed.Spec.Cpu.ShouldBe(created.Spec.Cpu);
        changed.Generation.ShouldBe(2);

        var stale = await FailAsync(_vms.UpdateVmAsync(new() { Vm = new V1.Vm { Name = "web", Etag = created.Etag, Spec = created.Spec } }, cancellationToken: Cancellation));
        stale.StatusCode.ShouldBe(StatusCode.Aborted);

        await _vms.DeleteVmAsync(new() { Vm = "web", Etag = changed.Etag }, cancellationToken: Cancellation);
        (await FailAsync(_vms.GetVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation))).StatusCode.ShouldBe(StatusCode.NotFound);
        await _vms.DeleteVmAsync(new() { Vm = "web", AllowMissing = true }, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task A_name_or_id_that_is_taken_is_named()
    {
        var web = await CreateAsync("web");

        var name = await FailAsync(_vms.CreateVmAsync(new() { Vm = new V1.Vm { Name = "web", Spec = web.Spec } }, cancellationToken: Cancellation));
        name.StatusCode.ShouldBe(StatusCode.AlreadyExists);
        name.Status.Detail.ShouldContain("'web'");
        name.Status.Detail.ShouldContain(web.Id);
        var id = await FailAsync(_vms.CreateVmAsync(new() { Vm = new V1.Vm { Name = "other", Id = web.Id, Spec = web.Spec } }, cancellationToken: Cancellation));
        id.StatusCode.ShouldBe(StatusCode.AlreadyExists);
        id.Status.Detail.ShouldContain(web.Id);
    }

    [Fact]
    public async Task Pages_show_every_vm_once_by_name_also_when_some_come_and_go()
    {
        for (var i = 0; i < 25; i++)
        {
            await CreateAsync($"vm{i:d2}", ("even", i % 2 == 0 ? "yes" : "no"));
        }

        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await _vms.ListVmsAsync(new() { PageSize = 4, PageToken = token, Filter = "labels.even=yes AND state=stopped" }, cancellationToken: Cancellation);
            seen.AddRange(page.Vms.Select(vm => vm.Name));
            token = page.NextPageToken;
            if (seen.Count == 4)
            {
                await _vms.DeleteVmAsync(new() { Vm = "vm00" }, cancellationToken: Cancellation);
                await CreateAsync("vm01a", ("even", "yes"));
                await CreateAsync("vm99", ("even", "yes"));
            }
        }
        while (token.Length > 0);

        seen.ShouldBe([.. Enumerable.Range(0, 13).Select(i => $"vm{2 * i:d2}"), "vm99"]);
        (await FailAsync(_vms.ListVmsAsync(new() { PageToken = "x" }, cancellationToken: Cancellation))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task The_same_request_many_times_at_once_makes_one_vm()
    {
        var request = new V1.CreateVmRequest { Vm = Draft("web"), RequestId = "r-1" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _vms.CreateVmAsync(request, cancellationToken: Cancellation).ResponseAsync));

        answers.Select(vm => vm.Id).Distinct().ShouldHaveSingleItem();
        var other = request.Clone();
        other.Vm.Spec.MemoryBytes *= 2;
        var reused = await FailAsync(_vms.CreateVmAsync(other, cancellationToken: Cancellation));
        reused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        reused.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations[0].Field.ShouldBe("request_id");
    }

    [Fact]
    public async Task A_faulty_spec_changes_nothing_and_names_its_fields()
    {
        var error = await FailAsync(_vms.CreateVmAsync(new() { Vm = new V1.Vm { Name = "Web!", Spec = new V1.VmSpec { Cpu = new() { Vcpus = 0 } } } }, cancellationToken: Cancellation));

        error.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var fields = error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field).ToList();
        fields.ShouldContain("spec.cpu.vcpus");
        fields.ShouldContain("name");
        (await _vms.ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.ShouldBeEmpty();
        (await FailAsync(_vms.CreateVmAsync(new(), cancellationToken: Cancellation))).GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations[0].Field.ShouldBe("vm");
    }

    [Fact]
    public async Task Validate_only_records_nothing()
    {
        (await _vms.CreateVmAsync(new() { Vm = Draft("web"), ValidateOnly = true }, cancellationToken: Cancellation)).Name.ShouldBe("web");

        (await _vms.ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_start_without_qemu_is_refused_or_fails_and_says_why()
    {
        await CreateAsync("web");
        var operations = new LongRunning.Operations.OperationsClient(_agent.Channel);

        var operation = await _vms.StartVmAsync(new() { Vm = "web", RequestId = "s" }, cancellationToken: Cancellation);
        var ended = await operations.WaitOperationAsync(new() { Name = operation.Name }, cancellationToken: Cancellation);

        ended.Done.ShouldBeTrue();
        ended.Error.GetDetail<ErrorInfo>().Reason.ShouldBe("QEMU_UNAVAILABLE");
        ended.Metadata.Unpack<V1.OperationMetadata>().State.ShouldBe(V1.OperationState.Failed);
        (await _vms.StartVmAsync(new() { Vm = "web", RequestId = "s" }, cancellationToken: Cancellation)).Name.ShouldBe(operation.Name);
        (await operations.ListOperationsAsync(new() { Filter = "vm=web AND done=true AND verb=StartVm" }, cancellationToken: Cancellation)).Operations.ShouldHaveSingleItem().Name.ShouldBe(operation.Name);
        (await operations.ListOperationsAsync(new() { Filter = "vm=other" }, cancellationToken: Cancellation)).Operations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Verbs_that_a_stopped_vm_cannot_follow_are_refused_with_the_vm_as_subject()
    {
        await CreateAsync("web");

        var error = await FailAsync(_vms.PauseVmAsync(new() { Vm = "web" }, cancellationToken: Cancellation));

        error.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        error.GetRpcStatus()!.GetDetail<PreconditionFailure>().Violations.ShouldHaveSingleItem().Subject.ShouldBe("web");
        (await FailAsync(_vms.SendKeysAsync(new() { Vm = "web", Keys = { "ctrl" } }, cancellationToken: Cancellation))).GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("NOT_RUNNING");
        (await FailAsync(_vms.SendKeysAsync(new() { Vm = "web" }, cancellationToken: Cancellation))).GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations[0].Field.ShouldBe("keys");
        (await FailAsync(_vms.TakeScreenshotAsync(new() { Vm = "web" }, cancellationToken: Cancellation))).GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("NO_SUCH_DEVICE");
    }

    [Fact]
    public async Task A_watch_shows_what_is_a_marker_and_then_changes_that_match()
    {
        await CreateAsync("old", ("site", "a"));
        await CreateAsync("elsewhere", ("site", "b"));
        using var watch = _vms.WatchVms(new() { Filter = "labels.site=a" }, cancellationToken: Cancellation);
        (await NextAsync(watch)).Vm.Name.ShouldBe("old");
        (await NextAsync(watch)).Synced.EventToken.ShouldNotBeEmpty();

        await CreateAsync("unseen", ("site", "b"));
        await CreateAsync("new", ("site", "a"));
        (await NextAsync(watch)).Vm.Name.ShouldBe("new");

        // It leaves the filter: told once more, then no longer.
        await _vms.UpdateVmAsync(new() { Vm = new V1.Vm { Name = "old", Labels = { ["site"] = "b" } }, UpdateMask = new() { Paths = { "labels" } } }, cancellationToken: Cancellation);
        (await NextAsync(watch)).Vm.Labels["site"].ShouldBe("b");
        await _vms.DeleteVmAsync(new() { Vm = "old" }, cancellationToken: Cancellation);
        await _vms.DeleteVmAsync(new() { Vm = "new" }, cancellationToken: Cancellation);
        (await NextAsync(watch)).Deleted.Name.ShouldBe("new");
    }

    [Fact]
    public async Task A_console_stream_must_begin_with_whose_it_is()
    {
        using var stream = _vms.StreamConsole(cancellationToken: Cancellation);
        await stream.RequestStream.WriteAsync(new V1.StreamConsoleRequest { Input = Google.Protobuf.ByteString.CopyFromUtf8("x") }, Cancellation);

        var error = await Should.ThrowAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancellation));

        error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations[0].Field.ShouldBe("attach");
    }

    [Fact]
    public async Task Typing_into_a_stopped_vm_says_so_and_looking_only_may_not_type()
    {
        await CreateAsync("web");

        (await TypeAsync(readOnly: false)).GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("NOT_RUNNING");
        (await TypeAsync(readOnly: true)).GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations[0].Field.ShouldBe("input");

        async Task<RpcException> TypeAsync(bool readOnly)
        {
            using var stream = _vms.StreamConsole(cancellationToken: Cancellation);
            await stream.RequestStream.WriteAsync(new V1.StreamConsoleRequest { Attach = new() { Vm = "web", ReadOnly = readOnly } }, Cancellation);
            await stream.RequestStream.WriteAsync(new V1.StreamConsoleRequest { Input = Google.Protobuf.ByteString.CopyFromUtf8("x") }, Cancellation);
            return await Should.ThrowAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancellation));
        }
    }

    [Fact]
    public async Task A_long_history_comes_in_pieces_that_any_client_takes()
    {
        var vm = await CreateAsync("web");
        var history = _agent.Floor.Registry.Find("web").RequireConsole().History;
        var written = new byte[200_000];
        new Random(1).NextBytes(written);
        for (var at = 0; at < written.Length; at += 1000)
        {
            history.Append(written.AsSpan(at, 1000));
        }

        using var log = _vms.ReadConsoleLog(new() { Vm = vm.Id, TailBytes = 100_000 }, cancellationToken: Cancellation);
        var read = new List<byte>();
        await foreach (var piece in log.ResponseStream.ReadAllAsync(Cancellation))
        {
            piece.Data.Length.ShouldBeLessThanOrEqualTo(32 * 1024);
            read.AddRange(piece.Data);
        }

        read.ShouldBe(written[^100_000..]);
    }

    [Fact]
    public async Task Who_asked_is_on_record()
    {
        await _vms.CreateVmAsync(new() { Vm = Draft("web"), RequestId = "r-7" }, cancellationToken: Cancellation);

        var events = await new V1.EventService.EventServiceClient(_agent.Channel).ListEventsAsync(new() { Vm = "web" }, cancellationToken: Cancellation);

        var created = events.Events.ShouldHaveSingleItem();
        created.Kind.ShouldBe("vm.created");
        created.Caller.ShouldStartWith("uid:");
        created.RequestId.ShouldBe("r-7");
        (await _agent.StopAsync()).ShouldContain($"CreateVm web by {created.Caller}, request id 'r-7': OK");
    }

    private static V1.Vm Draft(string name) => new() { Name = name, Spec = new V1.VmSpec { Cpu = new V1.CpuSpec { Vcpus = 1 }, MemoryBytes = 1 << 27 } };

    private async Task<V1.Vm> CreateAsync(string name, params (string Key, string Value)[] labels)
    {
        var draft = Draft(name);
        foreach (var (key, value) in labels)
        {
            draft.Labels[key] = value;
        }

        return await _vms.CreateVmAsync(new() { Vm = draft }, cancellationToken: Cancellation);
    }

    private static async Task<V1.WatchVmsResponse> NextAsync(AsyncServerStreamingCall<V1.WatchVmsResponse> watch)
    {
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        return watch.ResponseStream.Current;
    }

    private static Task<RpcException> FailAsync<T>(AsyncUnaryCall<T> call) => Should.ThrowAsync<RpcException>(() => call.ResponseAsync);
}
