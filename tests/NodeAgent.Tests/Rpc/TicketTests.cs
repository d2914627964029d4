using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.Configuration;
using NodeAgent.Rpc;
using NodeAgent.Security;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

/// <summary>Tickets at the API, as far as no guest has to run for it.</summary>
public sealed class TicketTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_wrong_with_a_wish_is_named()
    {
        await using var agent = await RunningAgent.StartAsync();
        var vms = await VmsAsync(agent);

        var error = await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(
            new() { Vm = "web", Kind = (V1.AccessKind)9, Lifetime = Duration.FromTimeSpan(TimeSpan.FromMinutes(11)) }, cancellationToken: Cancellation).ResponseAsync);
        var display = await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(
            new() { Vm = "web", Kind = V1.AccessKind.Display, ReadOnly = true, Lifetime = new Duration() }, cancellationToken: Cancellation).ResponseAsync);

        Fields(error).ShouldBe(["kind", "lifetime"]);
        Fields(display).ShouldBe(["read_only", "lifetime"]);
        Fields(await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(new() { Vm = "web" }, cancellationToken: Cancellation).ResponseAsync)).ShouldBe(["kind"]);
    }

    [Theory]
    [InlineData(V1.AccessKind.Console)]
    [InlineData(V1.AccessKind.Display)]
    public async Task There_is_none_for_a_vm_that_does_not_run(V1.AccessKind kind)
    {
        await using var agent = await RunningAgent.StartAsync();
        var vms = await VmsAsync(agent);

        Reason(await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(new() { Vm = "web", Kind = kind }, cancellationToken: Cancellation).ResponseAsync)).ShouldBe("NOT_RUNNING");
        Reason(await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(new() { Vm = "nobody", Kind = kind }, cancellationToken: Cancellation).ResponseAsync)).ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task Display_of_a_vm_that_does_not_run_says_so()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var stream = (await VmsAsync(agent)).StreamDisplay(cancellationToken: Cancellation);
        await stream.RequestStream.WriteAsync(new() { Attach = new() { Vm = "web" } }, Cancellation);

        var refusal = await Should.ThrowAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancellation));

        refusal.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        Reason(refusal).ShouldBe("NOT_RUNNING");
    }

    [Fact]
    public async Task Nobody_makes_a_ticket_for_what_he_may_not_open()
    {
        var policy = PolicyFile.Parse("test", "[role maker]\nmethods=VmService/CreateVm, VmService/CreateAccessTicket, VmService/StreamDisplay\n[local]\nothers=maker", []);
        await using var agent = await RunningAgent.StartAsync(options => options with { Access = new AccessOptions { Policy = policy } });
        var vms = await VmsAsync(agent);

        Reason(await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(new() { Vm = "web", Kind = V1.AccessKind.Console }, cancellationToken: Cancellation).ResponseAsync)).ShouldBe("NOT_PERMITTED");
        Reason(await Should.ThrowAsync<RpcException>(() => vms.CreateAccessTicketAsync(new() { Vm = "web", Kind = V1.AccessKind.Display }, cancellationToken: Cancellation).ResponseAsync)).ShouldBe("NOT_RUNNING");
    }

    [Fact]
    public async Task What_is_no_ticket_is_refused_also_to_one_who_needs_none_and_is_nowhere_on_record()
    {
        const string Secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I";
        await using var agent = await RunningAgent.StartAsync();
        var vms = await VmsAsync(agent);

        foreach (var headers in (Metadata[])[new() { { "nodeagent-ticket", Secret } }, new() { { "nodeagent-ticket", "" } }, new() { { "nodeagent-ticket", Secret }, { "nodeagent-ticket", Secret } }])
        {
            using var console = vms.StreamConsole(headers, cancellationToken: Cancellation);
            var refusal = await Should.ThrowAsync<RpcException>(() => console.ResponseStream.MoveNext(Cancellation));
            refusal.StatusCode.ShouldBe(StatusCode.Unauthenticated);
            Reason(refusal).ShouldBe("TICKET_UNKNOWN");
            refusal.Status.Detail.ShouldNotContain(Secret[..8]);
        }

        // With other methods it means nothing, neither good nor bad.
        (await vms.GetVmAsync(new() { Vm = "web" }, new Metadata { { "nodeagent-ticket", Secret } }, cancellationToken: Cancellation)).Name.ShouldBe("web");
        (await agent.ScrapeAsync()).ShouldNotContain(Secret[..8]);
        var log = await agent.StopAsync();
        log.ShouldContain("StreamConsole by uid:");
        log.ShouldNotContain(Secret[..8]);
    }

    [Fact]
    public async Task Ticket_opens_nothing_but_its_own_vm_and_gives_no_other_right()
    {
        var policy = PolicyFile.Parse("test", "[role admin]\nmethods=*\n[local]\nothers=", []);
        await using var agent = await RunningAgent.StartAsync(options => options with { Access = new AccessOptions { Policy = policy } });
        var tickets = agent.App.Services.GetRequiredService<AccessTickets>();
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        // Of a VM that is not there, in no run: void, and that is said before anything of the request is read.
        var issued = tickets.Issue(new TicketGrant(TicketKind.Console, Guid.NewGuid(), Guid.NewGuid(), false, "alice"), TimeSpan.FromMinutes(1), "", out _)!;
        var headers = new Metadata { { "nodeagent-ticket", issued.Secret } };

        using var console = vms.StreamConsole(headers, cancellationToken: Cancellation);
        Reason(await Should.ThrowAsync<RpcException>(() => console.ResponseStream.MoveNext(Cancellation))).ShouldBe("TICKET_VOID");
        using var display = vms.StreamDisplay(headers, cancellationToken: Cancellation);
        var mismatch = await Should.ThrowAsync<RpcException>(() => display.ResponseStream.MoveNext(Cancellation));
        mismatch.StatusCode.ShouldBe(StatusCode.PermissionDenied);
        Reason(mismatch).ShouldBe("TICKET_MISMATCH");
        Reason(await Should.ThrowAsync<RpcException>(() => vms.ListVmsAsync(new(), headers, cancellationToken: Cancellation).ResponseAsync)).ShouldBe("NOT_PERMITTED");
        using var without = vms.StreamConsole(cancellationToken: Cancellation);
        Reason(await Should.ThrowAsync<RpcException>(() => without.ResponseStream.MoveNext(Cancellation))).ShouldBe("NOT_PERMITTED");
    }

    [Fact]
    public void Every_kind_has_a_method_that_is_served()
    {
        foreach (var kind in System.Enum.GetValues<TicketKind>())
        {
            ApiMethods.IsKnown(TicketGate.MethodOf(kind)).ShouldBeTrue();
            MethodFacts.Of(TicketGate.MethodOf(kind)).IsLong.ShouldBeTrue("it counts as a stream");
        }
    }

    private static async Task<V1.VmService.VmServiceClient> VmsAsync(RunningAgent agent)
    {
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        await vms.CreateVmAsync(
            new() { Vm = new V1.Vm { Name = "web", Spec = new V1.VmSpec { Cpu = new V1.CpuSpec { Vcpus = 1 }, MemoryBytes = 1 << 27, Display = new() { Vnc = true } } } }, cancellationToken: Cancellation);
        return vms;
    }

    private static string Reason(RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";

    private static IEnumerable<string> Fields(RpcException error) => error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Select(one => one.Field);
}
