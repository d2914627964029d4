using Grpc.Core;
using Grpc.Health.V1;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;
using Serving = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>The standard health service.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Serving_is_said_of_each_service_once_guests_are_looked_after()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        await agent.KillAsync();

        // Ready means serving here: what is asked at once must find its guest adopted.
        await agent.StartAgainAsync();
        var adopted = (await agent.Client.GetAsync("one")).Status;
        adopted.State.ShouldBe(VmState.Paused);
        adopted.Pid.ShouldBe(vm.Status.Pid);

        foreach (var service in new[] { "", "nodeagent.v1.NodeService", "nodeagent.v1.VmService", "nodeagent.v1.EventService", "nodeagent.v1.AuditService", "google.longrunning.Operations" })
        {
            (await agent.Client.Health.CheckAsync(new HealthCheckRequest { Service = service })).Status.ShouldBe(Serving.Serving, service);
        }

        var unknown = await Should.ThrowAsync<RpcException>(async () => await agent.Client.Health.CheckAsync(new HealthCheckRequest { Service = "nobody" }));
        unknown.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Watcher_sees_the_agent_serve_and_leave()
    {
        await using var agent = await Agent.StartAsync();
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = agent.Client.Health.Watch(new HealthCheckRequest(), cancellationToken: limit.Token);
        (await watch.ResponseStream.MoveNext(limit.Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(Serving.Serving);

        var stopping = agent.StopAsync();

        (await NextAsync(watch.ResponseStream, limit.Token)).ShouldNotBe(Serving.Serving);
        await stopping;
    }

    // The end of the stream says the same as NOT_SERVING.
    private static async Task<Serving> NextAsync(IAsyncStreamReader<HealthCheckResponse> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken) ? stream.Current.Status : Serving.NotServing;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable)
        {
            return Serving.NotServing;
        }
    }
}
