using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Cli.Audit;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>An audit log that a test can write anew, as somebody who knows its form would.</summary>
internal sealed class FakeAudit : AuditService.AuditServiceBase
{
    public List<AuditRecord> All { get; } = [];

    public ByteString AnchorHash { get; set; } = RecordHash.OfNothing;

    public long AnchorSequence { get; set; }

    /// <summary>What the head says, where it is not the last record.</summary>
    public AuditHead? Head { get; set; }

    public void Add(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var number = All.Count == 0 ? AnchorSequence + 1 : All[^1].Sequence + 1;
            var time = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(number));
            var record = new AuditRecord
            {
                Sequence = number,
                Time = time,
                Until = time,
                Kind = AuditKind.Call,
                Count = 1,
                Caller = number % 2 == 0 ? "uid:0(root)" : "operator:alice",
                Source = "unix",
                Method = "VmService/StartVm",
                Subject = "web",
                Result = "OK",
            };
            record.Hash = RecordHash.Of(All.Count == 0 ? AnchorHash : All[^1].Hash, record);
            All.Add(record);
        }
    }

    public override Task<AuditHead> GetAuditHead(GetAuditHeadRequest request, ServerCallContext context) => Task.FromResult(Head ?? new AuditHead
    {
        Sequence = All.Count == 0 ? AnchorSequence : All[^1].Sequence,
        Hash = All.Count == 0 ? AnchorHash : All[^1].Hash,
        OldestSequence = AnchorSequence + 1,
        AnchorSequence = AnchorSequence,
        AnchorHash = AnchorHash,
    });

    public override Task<ListAuditRecordsResponse> ListAuditRecords(ListAuditRecordsRequest request, ServerCallContext context)
    {
        var chosen = All.Where(record => record.Sequence > request.AfterSequence && (request.Caller.Length == 0 || record.Caller == request.Caller)).ToList();
        if (request.NewestFirst)
        {
            chosen.Reverse();
        }

        var from = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken, CultureInfo.InvariantCulture);
        var page = chosen.Skip(from).Take(request.PageSize).ToList();
        return Task.FromResult(new ListAuditRecordsResponse { Records = { page }, NextPageToken = from + page.Count < chosen.Count ? $"{from + page.Count}" : "" });
    }

    public override async Task WatchAuditRecords(WatchAuditRecordsRequest request, IServerStreamWriter<WatchAuditRecordsResponse> responseStream, ServerCallContext context)
    {
        foreach (var record in All.Where(record => record.Sequence > request.AfterSequence))
        {
            await responseStream.WriteAsync(new WatchAuditRecordsResponse { Record = record });
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
    }
}
