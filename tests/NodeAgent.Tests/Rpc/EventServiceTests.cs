using Google.Rpc;
using Grpc.Core;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

public sealed class EventServiceTests : IAsyncLifetime
{
    private static readonly Guid Web = Guid.NewGuid();
    private RunningAgent _agent = null!;
    private V1.EventService.EventServiceClient _events = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _agent = await RunningAgent.StartAsync();
        _events = new V1.EventService.EventServiceClient(_agent.Channel);
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_show_every_event_once_in_order(bool newestFirst)
    {
        await AppendAsync(700);
        var newest = _agent.Floor.Ledger.Events.Newest.Sequence;

        var seen = await AllAsync(new V1.ListEventsRequest { PageSize = 90, NewestFirst = newestFirst });

        var expected = Enumerable.Range(1, (int)newest).Select(number => (long)number);
        seen.Select(one => one.Sequence).ShouldBe(newestFirst ? expected.Reverse() : expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Filters_leave_out_the_rest(bool newestFirst)
    {
        await AppendAsync(300);

        var seen = await AllAsync(new V1.ListEventsRequest
        {
            PageSize = 7,
            NewestFirst = newestFirst,
            Vm = Web.ToString(),
            KindPrefix = "vm.st",
            MinimumSeverity = V1.EventSeverity.Warning,
        });

        seen.Count.ShouldBe(50);
        seen.ShouldAllBe(one => one.VmId == Web.ToString() && one.Kind == "vm.started" && one.Severity == V1.EventSeverity.Error);
    }

    [Fact]
    public async Task After_a_token_come_only_later_events()
    {
        await AppendAsync(10);
        var all = await AllAsync(new V1.ListEventsRequest());

        var rest = await AllAsync(new V1.ListEventsRequest { AfterToken = all[4].Token });

        rest.ShouldBe(all.Skip(5));
    }

    [Fact]
    public async Task A_watch_goes_on_from_a_token_without_gap_or_repeat()
    {
        await AppendAsync(500);
        var all = await AllAsync(new V1.ListEventsRequest());
        using var watch = _events.WatchEvents(new() { ResumeToken = all[99].Token }, cancellationToken: Cancellation);
        var seen = new List<V1.Event>();
        var synced = 0;
        var appending = AppendAsync(100);
        while (seen.Count < all.Count - 100 + 100)
        {
            (await watch.ResponseStream.MoveNext(Cancellation)).ShouldBeTrue();
            if (watch.ResponseStream.Current.Event is { } one)
            {
                seen.Add(one);
            }
            else
            {
                synced++;
                seen.Count.ShouldBeGreaterThanOrEqualTo(all.Count - 100);
            }
        }

        await appending;
        synced.ShouldBe(1);
        seen.Select(one => one.Sequence).ShouldBe(Enumerable.Range(101, seen.Count).Select(number => (long)number));
    }

    [Fact]
    public async Task A_watch_without_token_tells_only_what_is_new()
    {
        await AppendAsync(5);
        using var watch = _events.WatchEvents(new(), cancellationToken: Cancellation);
        await watch.ResponseStream.MoveNext(Cancellation);
        watch.ResponseStream.Current.Synced.ShouldNotBeNull();

        await AppendAsync(1);
        await watch.ResponseStream.MoveNext(Cancellation);

        watch.ResponseStream.Current.Event.Sequence.ShouldBe(_agent.Floor.Ledger.Events.Newest.Sequence);
    }

    [Fact]
    public async Task A_token_of_another_log_is_out_of_range_and_nonsense_is_a_fault()
    {
        var foreign = new EventToken(Guid.NewGuid(), 1).ToString();

        (await FailAsync(new() { AfterToken = foreign })).StatusCode.ShouldBe(StatusCode.OutOfRange);
        (await FailAsync(new() { AfterToken = "x" })).StatusCode.ShouldBe(StatusCode.InvalidArgument);
        using var watch = _events.WatchEvents(new() { ResumeToken = foreign }, cancellationToken: Cancellation);
        (await Should.ThrowAsync<RpcException>(() => watch.ResponseStream.MoveNext(Cancellation))).GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("EVENT_TOKEN_EXPIRED");
        using var both = _events.WatchEvents(new() { ResumeToken = foreign, FromOldest = true }, cancellationToken: Cancellation);
        (await Should.ThrowAsync<RpcException>(() => both.ResponseStream.MoveNext(Cancellation))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    // Of six events one is of this VM, begins with "vm.st" and is an error.
    private async Task AppendAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var severity = i % 3 == 0 ? EventSeverity.Error : EventSeverity.Info;
            await _agent.Floor.Ledger.CommitAsync(new LedgerBatch(new AppendEvent(new EventDraft(
                TimeProvider.System.GetUtcNow(), i % 3 == 0 ? "vm.started" : "vm.paused", i % 2 == 0 ? Web : Guid.NewGuid(), new EventPayload("x", severity).ToJson()))));
        }
    }

    private async Task<List<V1.Event>> AllAsync(V1.ListEventsRequest request)
    {
        var seen = new List<V1.Event>();
        do
        {
            var page = await _events.ListEventsAsync(request, cancellationToken: Cancellation);
            page.Events.Count.ShouldBeLessThanOrEqualTo(request.PageSize == 0 ? 100 : request.PageSize);
            seen.AddRange(page.Events);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return seen;
    }

    private async Task<RpcException> FailAsync(V1.ListEventsRequest request) => await Should.ThrowAsync<RpcException>(() => _events.ListEventsAsync(request).ResponseAsync);
}
