using System.CommandLine;
using Google.Protobuf.Reflection;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Events;

/// <summary><c>event list</c></summary>
internal static class EventList
{
    private const int Usual = 100;
    private const int LargestPage = 1000;

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var flags = new EventFlags(command);
        var severity = command.Choice("--severity", "Only events this severe or more.", EventReflection.Descriptor.FindTypeByName<EnumDescriptor>("EventSeverity"));
        var tail = command.Number("--tail", $"The last so many events (default {Usual}; with --since-token or --all, all).");
        var all = command.Flag("--all", "All events that the log keeps.");
        shell.Examples(command, "nodectl event list --vm web --tail 20", "nodectl event list --severity warning", "nodectl event list --kind vm. -o json");
        shell.Handle(command, async call =>
        {
            var wholeRange = call.Get(all) || call.Get(flags.SinceToken) is not null;
            var wanted = call.Get(tail) ?? (wholeRange ? int.MaxValue : Usual);
            var newestFirst = wanted < int.MaxValue;
            var request = new ListEventsRequest
            {
                Vm = call.Get(flags.Vm) ?? "",
                KindPrefix = call.Get(flags.Kind) ?? "",
                AfterToken = call.Get(flags.SinceToken) ?? "",
                MinimumSeverity = (EventSeverity)(call.Get(severity) ?? 0),
                NewestFirst = newestFirst,
            };
            var answer = await ReadAsync(call, request, wanted);
            if (newestFirst)
            {
                // Whichever way they were read, the newest event stands last, next to the prompt.
                var turned = answer.Events.Reverse().ToList();
                answer.Events.Clear();
                answer.Events.AddRange(turned);
            }

            call.Printer.Many(answer.Events, answer, EventColumns.All, e => e.Token);
            if (request.PageToken.Length > 0 && call.Get(tail) is null && call.Printer.ForPeople)
            {
                call.Printer.Note("There are older ones: --all shows them.");
            }

            return ExitCode.Ok;
        });
    }

    private static async Task<ListEventsResponse> ReadAsync(Call call, ListEventsRequest request, int wanted)
    {
        var answer = new ListEventsResponse();
        while (answer.Events.Count < wanted)
        {
            request.PageSize = Math.Min(wanted - answer.Events.Count, LargestPage);
            var page = await call.Agent.Events.ListEventsAsync(request, call.Unary);
            answer.Events.AddRange(page.Events);
            // Read backwards, the first page holds the newest event; forwards, the last does.
            answer.ResumeToken = request.NewestFirst && answer.ResumeToken.Length > 0 ? answer.ResumeToken : page.ResumeToken;
            request.PageToken = page.NextPageToken;
            if (page.NextPageToken.Length == 0)
            {
                break;
            }
        }

        return answer;
    }
}
