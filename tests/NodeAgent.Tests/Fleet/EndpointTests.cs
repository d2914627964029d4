using Google.Protobuf.WellKnownTypes;
using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>Managers in several places.</summary>
public sealed class EndpointTests : IAsyncLifetime
{
    private readonly TestFleet _fleet = new();
    private ManagerByScript _first = null!;
    private ManagerByScript _second = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _first = await ManagerByScript.StartAsync(_fleet.Manager("one"), _fleet.Authority);
        _second = await ManagerByScript.StartAsync(_fleet.Manager("two"), _fleet.Authority);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        _fleet.Dispose();
    }

    [Fact]
    public async Task Place_where_somebody_else_answers_is_passed_over_when_joining()
    {
        await using var real = await ManagerInReach.StartAsync();
        await using var agent = await RunningAgent.StartAsync();
        var token = JoinTokenText.Parse(await real.TokenAsync(), TimeProvider.System.GetUtcNow());
        var good = token.Endpoints.Single();
        token.Endpoints.Clear();
        token.Endpoints.Add([_first.Endpoint, "127.0.0.1:1", good]);

        (await agent.JoinAsync(TokenTexts.Write(token))).State.ShouldBe(V1.MembershipState.Joined);

        _first.Enrolments.ShouldBe(0);
    }

    [Fact]
    public async Task Session_that_is_lost_is_opened_at_the_next_place()
    {
        await using var agent = await JoinedAsync(_first.Endpoint, _second.Endpoint);
        await _first.SessionAsync();

        await _first.DisposeAsync();

        await _second.SessionAsync();
        (await agent.UntilAsync(now => now.Session.Connected)).Session.Endpoint.ShouldBe(_second.Endpoint);
    }

    [Fact]
    public async Task Node_moves_when_it_is_time_and_not_before()
    {
        await using var agent = await JoinedAsync(_first.Endpoint);
        var session = await _first.SessionAsync();
        var time = TimeProvider.System.GetUtcNow().AddSeconds(3);

        session.Say.Writer.TryWrite(new OpenSessionResponse
        {
            UpdateEndpoints = new UpdateEndpoints { Endpoints = { _second.Endpoint }, MoveTime = Timestamp.FromDateTimeOffset(time) },
        });

        await session.Ended.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        TimeProvider.System.GetUtcNow().ShouldBeGreaterThan(time.AddMilliseconds(-50));
        await _second.SessionAsync();
        (await agent.MembershipAsync()).Endpoints.ShouldBe([_second.Endpoint]);
    }

    [Fact]
    public async Task Without_a_time_the_node_moves_with_its_next_session()
    {
        await using var agent = await JoinedAsync(_first.Endpoint);
        var session = await _first.SessionAsync();

        session.Say.Writer.TryWrite(new OpenSessionResponse { UpdateEndpoints = new UpdateEndpoints { Endpoints = { _second.Endpoint } } });

        await agent.UntilAsync(now => now.Endpoints.SequenceEqual([_second.Endpoint]));
        session.Ended.Task.IsCompleted.ShouldBeFalse();
        await _first.DisposeAsync();
        await _second.SessionAsync();
    }

    private Task<RunningAgent> JoinedAsync(params string[] endpoints) => FleetSteps.StartMemberAsync(_fleet, endpoints);
}
