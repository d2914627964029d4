using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Transport;
using Spectre.Console;

namespace NodeAgent.Cli.Contexts;

/// <summary><c>context list</c></summary>
internal static class ContextList
{
    /// <summary>Adds the action.</summary>
    public static void Describe(Command command, Shell shell) => shell.Handle(command, call =>
    {
        var file = ContextFile.Load(call.Surroundings.Environment);
        var rows = file.Places.OrderBy(h => h.Key, StringComparer.Ordinal).ToList();
        switch (call.Printer.Format)
        {
            case OutputFormat.Name:
                rows.ForEach(r => call.Printer.Line(r.Key));
                break;
            case OutputFormat.Json or OutputFormat.Yaml:
                throw new CommandException(ExitCode.Usage, "contexts are no resources of an agent: -o table or -o name");
            default:
                var columns = new Column<KeyValuePair<string, AgentPlace>>[]
                {
                    new("", r => r.Key == file.Current ? "*" : " "),
                    new("CONTEXT", r => r.Key),
                    new("HOST", r => r.Value.Address.ToString()),
                };
                call.Printer.Console.Write(TextTable<KeyValuePair<string, AgentPlace>>.Fit(columns, rows, wide: true, call.Printer.Width).All(rows));
                call.Printer.Console.WriteLine();
                break;
        }

        return Task.FromResult(ExitCode.Ok);
    });
}
