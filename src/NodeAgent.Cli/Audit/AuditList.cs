using System.CommandLine;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary><c>audit list</c></summary>
internal static class AuditList
{
    private const int Usual = 100;
    private const int LargestPage = 1000;

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var caller = command.Text("--caller", "CALLER", "Only records of this caller, for instance 'operator:alice' or 'uid:0(root)'.");
        var method = command.Text("--method", "PREFIX", "Only records whose method begins so, for instance 'VmService/' or 'handshake'.");
        var kind = command.Choice("--kind", "Only records of this kind.", AuditReflection.Descriptor.FindTypeByName<EnumDescriptor>("AuditKind"));
        var last = command.Duration("--last", "Only records of this time until now, for instance 24h.");
        var after = command.Number("--after", "Only records after this number.");
        var tail = command.Number("--tail", $"The last so many records (default {Usual}; with --last, --after or --all, all).");
        var all = command.Flag("--all", "All records that the log keeps.");
        shell.Examples(command, "nodectl audit list --last 24h --kind refusal", "nodectl audit list --caller operator:alice --tail 20", "nodectl audit list --method VmService/StopVm -o json");
        shell.Handle(command, async call =>
        {
            var isWholeRange = call.Get(all) || call.Get(after) is not null || call.Get(last) is not null;
            var wanted = call.Get(tail) ?? (isWholeRange ? int.MaxValue : Usual);
            var request = new ListAuditRecordsRequest
            {
                Caller = call.Get(caller) ?? "",
                MethodPrefix = call.Get(method) ?? "",
                Kind = (AuditKind)(call.Get(kind) ?? 0),
                AfterSequence = call.Get(after) ?? 0,
                StartTime = call.Get(last) is { } span ? (call.Time.GetUtcNow() - span.ToTimeSpan()).ToTimestamp() : null,
                NewestFirst = wanted < int.MaxValue,
            };
            var answer = await ReadAsync(call, request, wanted);
            if (request.NewestFirst)
            {
                // Whichever way they were read, the newest stands last, next to the prompt.
                var turned = answer.Records.Reverse().ToList();
                answer.Records.Clear();
                answer.Records.AddRange(turned);
            }

            call.Printer.Many(answer.Records, answer, AuditColumns.All, record => $"{record.Sequence}");
            if (request.PageToken.Length > 0 && call.Get(tail) is null && call.Printer.ForPeople)
            {
                call.Printer.Note("There are older ones: --all shows them, --last 24h those of a day.");
            }

            return ExitCode.Ok;
        });
    }

    private static async Task<ListAuditRecordsResponse> ReadAsync(Call call, ListAuditRecordsRequest request, int wanted)
    {
        var answer = new ListAuditRecordsResponse();
        do
        {
            request.PageSize = Math.Min(wanted - answer.Records.Count, LargestPage);
            var page = await call.Agent.Audit.ListAuditRecordsAsync(request, call.Unary);
            answer.Records.AddRange(page.Records);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && answer.Records.Count < wanted);
        return answer;
    }
}
