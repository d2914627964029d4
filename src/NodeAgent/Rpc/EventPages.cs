using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>Reads the log page by page, forwards or backwards.</summary>
internal sealed class EventPages(EventLog log, EventQuery wanted)
{
    // How many events are looked at for one page; a caller who wants few of many goes on with the token.
    private const int LookAtMost = 20_000, Piece = 500;

    /// <summary>A token of a caller's.</summary>
    /// <exception cref="RpcRefusal">It is none.</exception>
    public static EventToken TokenOf(string field, string text) =>
        EventToken.TryParse(text) ?? throw RpcRefusal.Field(field, "Not a token of the event log. Take it from an event or from resume_token.");

    /// <summary>The token is not in the log.</summary>
    public static RpcRefusal Expired() => new(
        RpcReason.EventTokenExpired, "The token is older than what the event log keeps, or belongs to another log. List again, and go on from there.");

    /// <summary>Reads a page.</summary>
    /// <exception cref="RpcRefusal">The request is wrong, or its token is not in the log.</exception>
    public async Task<V1.ListEventsResponse> ReadAsync(V1.ListEventsRequest request, CancellationToken cancellationToken)
    {
        var size = PageToken.Size(request.PageSize);
        var query = $"{wanted}/{request.NewestFirst}/{request.AfterToken}";
        var floor = request.AfterToken.Length > 0 ? TokenOf("after_token", request.AfterToken) : log.Oldest;
        if (floor.LedgerId != log.Oldest.LedgerId || floor.Sequence < log.Oldest.Sequence || floor.Sequence > log.Newest.Sequence)
        {
            throw Expired();
        }

        var at = PageToken.ReadNumber(query, request.PageToken);
        return request.NewestFirst
            ? await BackwardsAsync(at ?? log.Newest.Sequence, floor, size, query, cancellationToken)
            : await ForwardsAsync(floor with { Sequence = at ?? floor.Sequence }, size, query, cancellationToken);
    }

    private async Task<V1.ListEventsResponse> ForwardsAsync(EventToken place, int size, string query, CancellationToken cancellationToken)
    {
        var response = new V1.ListEventsResponse();
        for (var looked = 0; looked < LookAtMost && response.Events.Count < size; looked += Piece)
        {
            var page = await PageAsync(place, wanted.Filter, Piece, cancellationToken);
            foreach (var item in page.Events)
            {
                place = place with { Sequence = item.Sequence };
                if (wanted.Wants(item))
                {
                    response.Events.Add(EventWriter.Write(item, place.LedgerId));
                    if (response.Events.Count == size)
                    {
                        break;
                    }
                }
            }

            if (response.Events.Count < size)
            {
                place = page.Next;
                if (page.IsCaughtUp)
                {
                    response.ResumeToken = place.ToString();
                    return response;
                }
            }
        }

        response.ResumeToken = place.ToString();
        response.NextPageToken = place.Sequence < log.Newest.Sequence ? PageToken.Write(query, $"{place.Sequence}") : "";
        return response;
    }

    // From the newest down: pieces are read forwards, unfiltered so that none reads beyond its end, and turned round.
    private async Task<V1.ListEventsResponse> BackwardsAsync(long top, EventToken floor, int size, string query, CancellationToken cancellationToken)
    {
        var response = new V1.ListEventsResponse { ResumeToken = (floor with { Sequence = top }).ToString() };
        for (var looked = 0; looked < LookAtMost && top > floor.Sequence; looked += Piece)
        {
            var bottom = Math.Max(floor.Sequence, top - Piece);
            var page = await PageAsync(floor with { Sequence = bottom }, EventFilter.All, (int)(top - bottom), cancellationToken);
            foreach (var item in page.Events.Where(item => item.Sequence <= top).Reverse())
            {
                top = item.Sequence - 1;
                if (wanted.Wants(item))
                {
                    response.Events.Add(EventWriter.Write(item, floor.LedgerId));
                    if (response.Events.Count == size)
                    {
                        response.NextPageToken = top > floor.Sequence ? PageToken.Write(query, $"{top}") : "";
                        return response;
                    }
                }
            }

            top = bottom;
        }

        response.NextPageToken = top > floor.Sequence ? PageToken.Write(query, $"{top}") : "";
        return response;
    }

    private async Task<EventPage> PageAsync(EventToken after, EventFilter filter, int limit, CancellationToken cancellationToken) =>
        await log.ReadAsync(after, filter, limit, cancellationToken) as EventPage ?? throw Expired();
}
