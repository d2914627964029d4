using System.Net;
using Grpc.Core;
using NodeAgent.Configuration;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Hosting;

/// <summary>Callers with a role that is for some VMs only (vm_labels).</summary>
public sealed class ScopedCallerTests : IDisposable
{
    private readonly TestFleet _fleet = new();
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Caller_of_some_vms_sees_and_touches_no_others()
    {
        await using var agent = await StartAsync("NodeService/*, VmService/*, EventService/*, Operations/*");
        var admin = new V1.VmService.VmServiceClient(agent.Channel);
        using var certificate = _fleet.Client("red");
        using var channel = RemoteClient.Dial(agent, certificate);
        var red = new V1.VmService.VmServiceClient(channel);
        await admin.CreateVmAsync(Create("mine", "red"), cancellationToken: Cancellation);
        await admin.CreateVmAsync(Create("other", "blue"), cancellationToken: Cancellation);

        (await red.ListVmsAsync(new(), cancellationToken: Cancellation)).Vms.Select(vm => vm.Name).ShouldBe(["mine"]);
        (await red.GetVmAsync(new() { Vm = "mine" }, cancellationToken: Cancellation)).Name.ShouldBe("mine");
        Code(() => red.GetVm(new() { Vm = "other" }, cancellationToken: Cancellation)).ShouldBe(StatusCode.NotFound);
        Code(() => red.DeleteVm(new() { Vm = "other" }, cancellationToken: Cancellation)).ShouldBe(StatusCode.NotFound);
        Code(() => red.UpdateVm(new() { Vm = new() { Name = "other" } }, cancellationToken: Cancellation)).ShouldBe(StatusCode.NotFound);
        Code(() => red.UpdateVm(new() { Vm = new() { Name = "mine" }, UpdateMask = new() { Paths = { "labels" } } }, cancellationToken: Cancellation)).ShouldBe(StatusCode.PermissionDenied);
        Code(() => red.UpdateVm(new() { Vm = new() { Name = "mine", Spec = Create("mine", "").Vm.Spec }, UpdateMask = new() }, cancellationToken: Cancellation)).ShouldBe(StatusCode.PermissionDenied);
        Code(() => red.CreateVm(Create("third", "blue"), cancellationToken: Cancellation)).ShouldBe(StatusCode.PermissionDenied);
        (await red.CreateVmAsync(Create("third", "red"), cancellationToken: Cancellation)).Name.ShouldBe("third");
        Code(() => new V1.EventService.EventServiceClient(channel).ListEvents(new(), cancellationToken: Cancellation)).ShouldBe(StatusCode.PermissionDenied);
        Code(() => new V1.NodeService.NodeServiceClient(channel).EnterMaintenance(new(), cancellationToken: Cancellation)).ShouldBe(StatusCode.PermissionDenied);
        using var console = red.StreamConsole(cancellationToken: Cancellation);
        await console.RequestStream.WriteAsync(new() { Attach = new() { Vm = "other" } }, Cancellation);
        (await Should.ThrowAsync<RpcException>(() => console.ResponseStream.MoveNext(Cancellation))).StatusCode.ShouldBe(StatusCode.NotFound);

        // What it was not told is on record; that there is no such VM at all is nobody's refusal.
        Code(() => red.GetVm(new() { Vm = "nowhere" }, cancellationToken: Cancellation)).ShouldBe(StatusCode.NotFound);
        var records = await new V1.AuditService.AuditServiceClient(agent.Channel).ListAuditRecordsAsync(new() { PageSize = 1000 }, cancellationToken: Cancellation);
        var reads = records.Records.Where(record => record.Method is "VmService/GetVm").ToArray();
        reads.ShouldHaveSingleItem().Subject.ShouldBe("other");
        reads[0].Result.ShouldBe("NOT_FOUND");
        reads[0].Detail.ShouldContain("vm_labels");
    }

    [Fact]
    public async Task Vm_that_is_taken_out_of_a_callers_reach_is_gone_for_it_and_nothing_more_is_told()
    {
        await using var agent = await StartAsync("VmService/*");
        var admin = new V1.VmService.VmServiceClient(agent.Channel);
        using var certificate = _fleet.Client("red");
        using var channel = RemoteClient.Dial(agent, certificate);
        var vm = await admin.CreateVmAsync(Create("mine", "red"), cancellationToken: Cancellation);
        using var watch = new V1.VmService.VmServiceClient(channel).WatchVms(new(), cancellationToken: Cancellation);
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        watch.ResponseStream.Current.Vm.Name.ShouldBe("mine");
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        watch.ResponseStream.Current.Synced.ShouldNotBeNull();

        var secret = Create("secret", "blue").Vm;
        secret.Id = vm.Id;
        await admin.UpdateVmAsync(new() { Vm = secret, UpdateMask = new() { Paths = { "name", "labels" } } }, cancellationToken: Cancellation);
        await admin.CreateVmAsync(Create("next", "red"), cancellationToken: Cancellation);

        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        watch.ResponseStream.Current.Deleted.ShouldBe(new V1.VmDeleted { Id = vm.Id, Name = "mine" });
        (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        watch.ResponseStream.Current.Vm.Name.ShouldBe("next");
    }

    [Fact]
    public async Task Events_of_a_vm_end_for_a_caller_when_it_is_taken_out_of_its_reach_and_not_when_it_is_deleted()
    {
        await using var agent = await StartAsync("EventService/*");
        var admin = new V1.VmService.VmServiceClient(agent.Channel);
        using var certificate = _fleet.Client("red");
        using var channel = RemoteClient.Dial(agent, certificate);
        var events = new V1.EventService.EventServiceClient(channel);
        var moved = await admin.CreateVmAsync(Create("moved", "red"), cancellationToken: Cancellation);
        var gone = await admin.CreateVmAsync(Create("gone", "red"), cancellationToken: Cancellation);
        using var ofMoved = events.WatchEvents(new() { Vm = "moved" }, cancellationToken: Cancellation);
        using var ofGone = events.WatchEvents(new() { Vm = gone.Id }, cancellationToken: Cancellation);
        (await ofMoved.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        (await ofGone.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();

        await admin.UpdateVmAsync(new() { Vm = new() { Id = moved.Id, Labels = { ["team"] = "blue" } }, UpdateMask = new() { Paths = { "labels" } } }, cancellationToken: Cancellation);
        await admin.UpdateVmAsync(new() { Vm = new() { Id = moved.Id, Name = "secret" }, UpdateMask = new() { Paths = { "name" } } }, cancellationToken: Cancellation);
        await admin.DeleteVmAsync(new() { Vm = gone.Id }, cancellationToken: Cancellation);

        var refusal = await Should.ThrowAsync<RpcException>(async () =>
        {
            while (await ofMoved.ResponseStream.MoveNext(Cancellation))
            {
                ofMoved.ResponseStream.Current.Event.ToString().ShouldNotContain("secret");
            }
        });
        refusal.StatusCode.ShouldBe(StatusCode.NotFound);
        refusal.Status.Detail.ShouldBe("There is no VM 'moved'.");
        (await ofGone.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
        ofGone.ResponseStream.Current.Event.Kind.ShouldBe("vm.deleted");
    }

    [Fact]
    public async Task Caller_of_some_vms_is_not_told_which_others_keep_a_node_from_being_empty()
    {
        await using var agent = await StartAsync("NodeService/GetNode", LauncherChoice.Simulated);
        var admin = new V1.VmService.VmServiceClient(agent.Channel);
        using var certificate = _fleet.Client("red");
        using var channel = RemoteClient.Dial(agent, certificate);
        foreach (var (name, team) in new[] { ("mine", "red"), ("other", "blue") })
        {
            await admin.CreateVmAsync(Create(name, team), cancellationToken: Cancellation);
            var start = await admin.StartVmAsync(new() { Vm = name }, cancellationToken: Cancellation);
            var ended = await new LongRunning.Operations.OperationsClient(agent.Channel).WaitOperationAsync(new() { Name = start.Name }, cancellationToken: Cancellation);
            ended.Error.ShouldBeNull();
        }

        var entered = await new V1.NodeService.NodeServiceClient(agent.Channel).EnterMaintenanceAsync(new() { Reason = "test" }, cancellationToken: Cancellation);
        var shown = await new V1.NodeService.NodeServiceClient(channel).GetNodeAsync(new(), cancellationToken: Cancellation);

        entered.Remaining.Select(vm => vm.Name).ShouldBe(["mine", "other"]);
        shown.Maintenance.Remaining.Select(vm => vm.Name).ShouldBe(["mine"]);
    }

    public void Dispose()
    {
        _fleet.Dispose();
        _directory.Dispose();
    }

    private static StatusCode Code(Action call) => Should.Throw<RpcException>(call).StatusCode;

    private static V1.CreateVmRequest Create(string name, string team) => new()
    {
        Vm = new() { Name = name, Labels = { ["team"] = team }, Spec = new() { MemoryBytes = 64 << 20, Cpu = new() { Vcpus = 1 } } },
    };

    // Whoever is on this host may do everything; who comes with the role red, this for the VMs of team red.
    private Task<RunningAgent> StartAsync(string methods, LauncherChoice launcher = LauncherChoice.Auto)
    {
        var policy = PolicyFile.Parse("test", $"[role admin]\nmethods=*\n[role red]\nmethods={methods}\nvm_labels=team=red\n[local]\nothers=admin", []);
        var (certificate, key, authorities) = _fleet.WriteNode(_directory.Path);
        return RunningAgent.StartAsync(options => options with
        {
            Access = new AccessOptions { Policy = policy },
            Qemu = options.Qemu with { Launcher = launcher },
            Remote = new RemoteOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), Certificate = certificate, Key = key, Authorities = authorities },
        });
    }
}
