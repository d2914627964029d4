using System.CommandLine;
using System.Diagnostics;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary><c>audit verify</c></summary>
internal static class AuditVerify
{
    private const int PageSize = 1000;
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var since = command.Text("--since", "NUMBER:HASH", "A head that was kept: it must still be in the log, and all that came after it is verified.");
        shell.Examples(command, "nodectl audit verify", "nodectl audit verify --since 1042:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
        shell.Handle(command, async call =>
        {
            var kept = call.Get(since) is { } text ? ChainPlace.Parse(text) : null;
            var head = await call.Agent.Audit.GetAuditHeadAsync(new GetAuditHeadRequest(), call.Unary);
            var check = kept is null ? new ChainCheck(ChainPlace.AnchorOf(head)) : await FromAsync(call, kept, head);
            await FollowAsync(call, check, head, isWhole: kept is null);
            check.End(ChainPlace.HeadOf(head));
            return Report(call, check);
        });
    }

    // The kept head itself is compared, not computed: what it is tied to may have been trimmed.
    private static async Task<ChainCheck> FromAsync(Call call, ChainPlace kept, AuditHead head)
    {
        var check = new ChainCheck(kept);
        if (kept.Sequence > head.Sequence)
        {
            check.Breaks.Add((head.Sequence + 1, $"it is missing, and all up to {kept.Sequence}, which was kept"));
            return check;
        }

        if (kept.Sequence < head.AnchorSequence)
        {
            throw new CommandException(
                ExitCode.Failed, $"record {kept.Sequence} was trimmed; the log begins with {head.OldestSequence}", "Keep heads more often than [limits] audit_kept and audit_age trim, and verify from a later one.");
        }

        if ((kept.Sequence == head.AnchorSequence ? head.AnchorHash : await HashAsync(call, kept.Sequence)) != kept.Hash)
        {
            check.Breaks.Add((kept.Sequence, "it is not the one that was kept: the log was written anew"));
        }

        return check;
    }

    private static async Task<Google.Protobuf.ByteString?> HashAsync(Call call, long sequence)
    {
        var page = await call.Agent.Audit.ListAuditRecordsAsync(new ListAuditRecordsRequest { AfterSequence = sequence - 1, PageSize = 1 }, call.Unary);
        return page.Records is [var record] && record.Sequence == sequence ? record.Hash : null;
    }

    private static async Task FollowAsync(Call call, ChainCheck check, AuditHead head, bool isWhole)
    {
        var shows = call.Surroundings.ErrorIsTerminal && call.Printer.ForPeople;
        var drawn = Stopwatch.StartNew();
        while (check.Place.Sequence < head.Sequence)
        {
            var page = await call.Agent.Audit.ListAuditRecordsAsync(new ListAuditRecordsRequest { AfterSequence = check.Place.Sequence, PageSize = PageSize }, call.Unary);
            if (page.Records.Count == 0)
            {
                break;
            }

            if (isWhole && check.Count == 0 && page.Records[0].Sequence != check.Place.Sequence + 1)
            {
                // Trimmed since the head was asked for.
                var now = await call.Agent.Audit.GetAuditHeadAsync(new GetAuditHeadRequest(), call.Unary);
                if (now.AnchorSequence > check.Place.Sequence)
                {
                    check.BeginAt(ChainPlace.AnchorOf(now));
                    continue;
                }
            }

            foreach (var record in page.Records)
            {
                check.Add(record);
            }

            if (shows && drawn.Elapsed > Redraw)
            {
                drawn.Restart();
                await call.Surroundings.Error.WriteAsync($"\r{check.Count} records, {100 * check.Place.Sequence / Math.Max(head.Sequence, check.Place.Sequence)} %");
            }
        }

        if (shows)
        {
            await call.Surroundings.Error.WriteAsync("\r\u001b[K");
        }
    }

    private static int Report(Call call, ChainCheck check)
    {
        var head = check.Place;
        foreach (var (sequence, problem) in check.Breaks)
        {
            call.Printer.Note($"error: record {sequence}: {problem}", Output.Palette.Bad);
        }

        var range = check.Count == 0 ? "no records" : $"{check.Count} record{(check.Count == 1 ? "" : "s")}, {check.First} to {head.Sequence}";
        if (check.Breaks.Count > 0)
        {
            call.Printer.Line($"The audit log is broken, first at record {check.Breaks[0].Sequence}: {range}, {check.Breaks.Count} break{(check.Breaks.Count == 1 ? "" : "s")}.");
            return ExitCode.Failed;
        }

        call.Printer.Line($"The audit log is whole: {range}.");
        call.Printer.Line($"Keep this elsewhere, for the next --since: {head}");
        return ExitCode.Ok;
    }
}
