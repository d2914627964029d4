using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Events;

/// <summary><c>event watch</c></summary>
internal static class EventWatch
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var flags = new EventFlags(command);
        var oldest = command.Flag("--from-oldest", "Begin with the oldest event that the log keeps, not with the next one.");
        shell.Examples(command, "nodectl event watch --vm web", "nodectl event watch --from-oldest -o json");
        shell.Handle(command, async call =>
        {
            var request = new WatchEventsRequest
            {
                Vm = call.Get(flags.Vm) ?? "",
                KindPrefix = call.Get(flags.Kind) ?? "",
                ResumeToken = call.Get(flags.SinceToken) ?? "",
                FromOldest = call.Get(oldest),
            };
            var feed = new RowFeed<Event>(call, EventColumns.All);
            return await feed.RunAsync(alive => ReadAsync(call, request, feed, alive));
        });
    }

    // The request is brought up to date with each item, so that a new stream goes on where the last one broke off.
    private static async Task ReadAsync(Call call, WatchEventsRequest request, RowFeed<Event> feed, Action alive)
    {
        using var stream = call.Agent.Events.WatchEvents(request, call.Streaming);
        await foreach (var item in stream.ResponseStream.ReadAllAsync(call.Cancellation))
        {
            alive();
            if (item.Event is { } happened)
            {
                await feed.ShowAsync(happened, happened.Token);
            }

            request.FromOldest = false;
            request.ResumeToken = item.Event?.Token ?? item.Synced.Token;
        }
    }
}
