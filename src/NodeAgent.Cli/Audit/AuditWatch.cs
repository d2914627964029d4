using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary><c>audit watch</c></summary>
internal static class AuditWatch
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var after = command.Number("--after", "Begin after this number, not with the next record; 0 for the oldest that is kept.");
        shell.Examples(command, "nodectl audit watch", "nodectl audit watch --after 0 -o json");
        shell.Handle(command, async call =>
        {
            var request = new WatchAuditRecordsRequest
            {
                AfterSequence = call.Get(after) ?? (await call.Agent.Audit.GetAuditHeadAsync(new GetAuditHeadRequest(), call.Unary)).Sequence,
            };
            var feed = new RowFeed<AuditRecord>(call, AuditColumns.All);
            return await feed.RunAsync(alive => ReadAsync(call, request, feed, alive));
        });
    }

    // The request is brought up to date with each record, so that a new stream goes on where the last one broke off.
    private static async Task ReadAsync(Call call, WatchAuditRecordsRequest request, RowFeed<AuditRecord> feed, Action alive)
    {
        using var stream = call.Agent.Audit.WatchAuditRecords(request, call.Streaming);
        await foreach (var item in stream.ResponseStream.ReadAllAsync(call.Cancellation))
        {
            alive();
            await feed.ShowAsync(item.Record, $"{item.Record.Sequence}");
            request.AfterSequence = item.Record.Sequence;
        }
    }
}
