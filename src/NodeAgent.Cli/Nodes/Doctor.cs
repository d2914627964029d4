using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>doctor</c>: what is wrong with this host and how to mend it.</summary>
internal static class Doctor
{
    private const string AgentLine = "Agent";

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var refresh = command.Flag("--refresh", "Let the agent look again first, with the KVM self-test and the QEMU probe.");
        shell.Examples(command, "nodectl doctor", "nodectl doctor --refresh");
        shell.Handle(command, call => RunAsync(call, call.Get(refresh)));
    }

    private static async Task<int> RunAsync(Call call, bool refresh)
    {
        Node node;
        try
        {
            node = refresh
                ? await call.Agent.Node.RefreshNodeAsync(new RefreshNodeRequest { View = NodeView.Basic }, call.Within(TimeSpan.FromMinutes(2)))
                : await call.Agent.Node.GetNodeAsync(new GetNodeRequest { View = NodeView.Basic }, call.Unary);
        }
        catch (RpcException) when (call.Agent.CannotConnect && call.Printer.ForPeople)
        {
            var why = await call.Agent.ExplainAsync(call.Cancellation);
            Write(call, AgentLine.Length, "✗", Palette.Bad, AgentLine, why.Problem, why.Remedy);
            return why.ExitCode;
        }

        var worst = node.Conditions.Select(c => ConditionMark.Of(c).Severity).DefaultIfEmpty().Max();
        call.Printer.One(node, node.Hostname, () =>
        {
            var width = node.Conditions.Select(c => c.Type.Length).Append(AgentLine.Length).Max();
            Write(call, width, "✓", Palette.Good, AgentLine, $"nodeagentd {node.Agent?.Version} answers at {call.Agent.Address}", "");
            foreach (var condition in node.Conditions)
            {
                var mark = ConditionMark.Of(condition);
                var unknown = condition.Status == ConditionStatus.Unknown ? "not known: " : "";
                Write(call, width, mark.Symbol, mark.Style, condition.Type, $"{unknown}{condition.Message} ({condition.Reason})", mark.Severity > 0 ? condition.Remedy : "");
            }

            call.Printer.Line(worst switch
            {
                0 => "This host is fit.",
                1 => "This host works, with the losses marked '!'.",
                _ => "This host is not fit: see what is marked '✗'.",
            });
        });
        return worst;
    }

    private static void Write(Call call, int width, string symbol, Spectre.Console.Style style, string type, string message, string remedy)
    {
        var column = width + 4;
        var room = call.Printer.Width is { } terminal ? terminal - column : (int?)null;
        var first = $"{symbol} {type.PadRight(width)}  ";
        foreach (var line in WrappedText.Lines(message, room))
        {
            call.Printer.Line(first + line, style);
            first = new string(' ', column);
        }

        if (remedy.Length > 0)
        {
            var arrow = "→ ";
            foreach (var line in WrappedText.Lines(remedy, room - arrow.Length))
            {
                call.Printer.Line(new string(' ', column) + arrow + line);
                arrow = "  ";
            }
        }
    }
}
