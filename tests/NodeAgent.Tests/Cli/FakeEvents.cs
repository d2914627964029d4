using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>A log of numbered events.</summary>
internal sealed class FakeEvents : EventService.EventServiceBase
{
    public List<Event> All { get; } = [];

    public ConcurrentQueue<IMessage> Requests { get; } = new();

    public void Add(int count)
    {
        for (var i = 0; i < count; i++)
        {
            All.Add(new Event
            {
                Sequence = All.Count + 1,
                Token = $"t{All.Count + 1}",
                Kind = "vm.started",
                VmName = "web",
                Severity = EventSeverity.Info,
                Message = $"message {All.Count + 1}",
                Time = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(All.Count)),
            });
        }
    }

    public override Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context)
    {
        Requests.Enqueue(request.Clone());
        var after = request.AfterToken.Length == 0 ? 0 : int.Parse(request.AfterToken[1..], System.Globalization.CultureInfo.InvariantCulture);
        var from = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, System.Globalization.CultureInfo.InvariantCulture);
        var chosen = All.Where(e => e.Sequence > after).ToList();
        if (request.NewestFirst)
        {
            chosen.Reverse();
        }

        var page = chosen.Skip(from).Take(request.PageSize).ToList();
        return Task.FromResult(new ListEventsResponse
        {
            Events = { page },
            NextPageToken = from + page.Count < chosen.Count ? $"{from + page.Count}" : "",
            ResumeToken = page.Count > 0 ? $"t{page.Max(e => e.Sequence)}" : "t0",
        });
    }

    public override async Task WatchEvents(WatchEventsRequest request, IServerStreamWriter<WatchEventsResponse> responseStream, ServerCallContext context)
    {
        Requests.Enqueue(request.Clone());
        var after = request.FromOldest || request.ResumeToken.Length == 0
            ? 0
            : int.Parse(request.ResumeToken[1..], System.Globalization.CultureInfo.InvariantCulture);
        foreach (var happened in All.Where(e => e.Sequence > after))
        {
            await responseStream.WriteAsync(new WatchEventsResponse { Event = happened });
        }

        await responseStream.WriteAsync(new WatchEventsResponse { Synced = new EventsSynced { Token = $"t{All.Count}" } });
        await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
    }
}
