using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Fleet;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Fleet;

public sealed class ManagerWatchTests
{
    [Fact]
    public async Task Manager_that_comes_and_goes_fills_no_log_and_how_it_stands_is_told()
    {
        await using var agent = await RunningAgent.StartAsync();
        var time = new FakeTimeProvider();
        var board = new SessionBoard(time);
        using var end = new CancellationTokenSource();
        var running = new ManagerWatch(board, agent.App.Services.GetRequiredService<FleetEvents>(), time).RunAsync(end.Token);

        board.Connected("one", "a:1");
        (await agent.EventAsync("fleet.manager-connected")).Message.ShouldContain("manager one at a:1");
        for (var i = 0; i < 100; i++)
        {
            board.Disconnected("a:1", "gone");
            board.Connected("one", "a:1");
        }

        board.Disconnected("a:1", "gone for good");
        await FleetSteps.UntilAsync(async () =>
        {
            time.Advance(ManagerWatch.Rest);
            return (await ListAsync(agent)).Count == 2;
        });

        var lost = (await ListAsync(agent))[1];
        lost.Kind.ShouldBe("fleet.manager-lost");
        lost.Message.ShouldContain("gone for good");
        lost.Severity.ShouldBe(V1.EventSeverity.Warning);
        await end.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running);
    }

    private static async Task<IReadOnlyList<V1.Event>> ListAsync(RunningAgent agent) =>
        (await new V1.EventService.EventServiceClient(agent.Channel).ListEventsAsync(new() { KindPrefix = "fleet.manager" }, cancellationToken: TestContext.Current.CancellationToken)).Events;
}
