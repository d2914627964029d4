using Grpc.Core;
using NodeAgent.Manager.V1;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;
using CreateRequest = ReferenceManager.Admin.V1.CreateVmRequest;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>How the manager reaches the API of a node.</summary>
public sealed class DialTests : IAsyncLifetime
{
    private TestFleet _manager = null!;
    private TestNode _node = null!;
    private TestApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await TestFleet.StartAsync();
        _node = await _manager.JoinAsync();
        _api = await TestApi.StartAsync(_node);
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        _node.Dispose();
        await _manager.DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_cannot_be_dialled_is_reached_by_a_tunnel()
    {
        using var session = await OpenSessionAsync();
        var asked = RunAsync(Via.Auto, VmVerb.Start).ResponseAsync;
        var tunnel = _api.TunnelAsync(session.Client, (await session.NextAsync(OpenSessionResponse.ItemOneofCase.OpenTunnel)).OpenTunnel.TunnelId);

        var result = await asked;

        result.Via.ShouldBe(Via.Tunnel);
        result.Vm.Status.State.ShouldBe(VmState.Running);
        // The manager closes what it no longer needs.
        await tunnel.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task More_than_a_message_holds_goes_through_a_tunnel_both_ways()
    {
        using var session = await OpenSessionAsync();
        var vm = new Vm { Name = "large" };
        vm.Labels.Add("text", string.Concat(Enumerable.Range(0, 100_000)));
        var asked = _manager.Admin.CreateVmAsync(new CreateRequest { Node = _node.Id, Vm = vm, Via = Via.Tunnel }).ResponseAsync;
        var tunnel = _api.TunnelAsync(session.Client, (await session.NextAsync(OpenSessionResponse.ItemOneofCase.OpenTunnel)).OpenTunnel.TunnelId);

        (await asked).Vm.ShouldBe(vm);
        await tunnel.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_node_that_names_an_address_is_dialled()
    {
        _node.ApiEndpoints.Add("127.0.0.1:1");
        _node.ApiEndpoints.Add(_api.Endpoint);
        using var session = await OpenSessionAsync();

        (await RunAsync(Via.Auto, VmVerb.Start)).Via.ShouldBe(Via.Direct);
        (await RunAsync(Via.Direct, VmVerb.Get)).Vm.Name.ShouldBe("web");
    }

    [Fact]
    public async Task Another_node_at_its_address_gets_nothing()
    {
        using var other = await _manager.JoinAsync("other");
        other.ApiEndpoints.Add(_api.Endpoint);
        using var session = await other.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);

        (await Should.ThrowAsync<RpcException>(RunAsync(Via.Direct, VmVerb.Get, "other").ResponseAsync)).Status.Detail.ShouldContain("SSL");
    }

    [Fact]
    public async Task What_the_node_says_is_what_the_operator_reads()
    {
        _node.ApiEndpoints.Add(_api.Endpoint);
        using var session = await OpenSessionAsync();

        var failed = await Should.ThrowAsync<RpcException>(RunAsync(Via.Direct, VmVerb.Start, vm: "broken").ResponseAsync);
        (failed.StatusCode, failed.Status.Detail).ShouldBe((StatusCode.FailedPrecondition, "it is broken"));
        var missing = await Should.ThrowAsync<RpcException>(RunAsync(Via.Direct, VmVerb.Get, vm: "nobody").ResponseAsync);
        (missing.StatusCode, missing.Status.Detail).ShouldBe((StatusCode.NotFound, "vm: there is none"));
    }

    [Fact]
    public async Task Without_a_session_there_is_no_tunnel() =>
        (await Should.ThrowAsync<RpcException>(RunAsync(Via.Tunnel, VmVerb.Get).ResponseAsync)).Status.Detail.ShouldContain("no session");

    [Fact]
    public async Task A_node_that_does_not_open_its_tunnel_is_not_waited_for()
    {
        using var session = await OpenSessionAsync();
        var asked = RunAsync(Via.Tunnel, VmVerb.Get).ResponseAsync;
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.OpenTunnel);

        while (!asked.IsCompleted)
        {
            // The wait may begin a moment after the message was sent.
            _manager.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await Should.ThrowAsync<RpcException>(asked)).Status.Detail.ShouldContain("did not open the tunnel");
    }

    [Fact]
    public async Task A_tunnel_belongs_to_the_node_that_was_asked()
    {
        using var thief = await _manager.JoinAsync("thief");
        using var session = await OpenSessionAsync();
        var asked = RunAsync(Via.Tunnel, VmVerb.Get).ResponseAsync;
        var id = (await session.NextAsync(OpenSessionResponse.ItemOneofCase.OpenTunnel)).OpenTunnel.TunnelId;

        await NotFoundAsync(thief.Sessions(), id);
        await NotFoundAsync(session.Client, "guessed");

        var tunnel = _api.TunnelAsync(session.Client, id);
        (await asked).Vm.Name.ShouldBe("web");
        await tunnel.WaitAsync(TimeSpan.FromSeconds(20));
        await NotFoundAsync(session.Client, id);
    }

    [Fact]
    public async Task The_tunnel_of_a_node_that_is_revoked_is_cut()
    {
        using var session = await OpenSessionAsync();
        var asked = RunAsync(Via.Tunnel, VmVerb.Get).ResponseAsync;
        using var tunnel = session.Client.OpenTunnel();
        await tunnel.RequestStream.WriteAsync(new OpenTunnelRequest
        {
            TunnelId = (await session.NextAsync(OpenSessionResponse.ItemOneofCase.OpenTunnel)).OpenTunnel.TunnelId,
        });
        // The manager begins to speak; this node says nothing.
        (await tunnel.ResponseStream.MoveNext()).ShouldBeTrue();

        await _manager.Admin.RevokeAsync(new RevokeRequest { What = _node.Id });

        await Should.ThrowAsync<RpcException>(asked);
        while (await tunnel.ResponseStream.MoveNext().WaitAsync(TimeSpan.FromSeconds(20)))
        {
        }

        tunnel.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
    }

    private static async Task NotFoundAsync(SessionService.SessionServiceClient client, string id)
    {
        using var call = client.OpenTunnel();
        await call.RequestStream.WriteAsync(new OpenTunnelRequest { TunnelId = id });
        (await Should.ThrowAsync<RpcException>(call.ResponseStream.MoveNext())).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    private AsyncUnaryCall<VmResult> RunAsync(Via via, VmVerb verb, string? node = null, string vm = "web") =>
        _manager.Admin.RunVmAsync(new RunVmRequest { Node = node ?? _node.Id, Vm = vm, Verb = verb, Via = via });

    private async Task<TestSession> OpenSessionAsync()
    {
        var session = await _node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
        return session;
    }
}
