using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm argv</c></summary>
internal static class VmArgv
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = VmNames.Several(command, least: 0);
        var file = new Option<string?>("--file", "-f") { Description = "Of a VM that does not exist, described by a file.", HelpName = "FILE" };
        command.Add(file);
        shell.Examples(command, "nodectl vm argv web", "nodectl vm argv -f web.yaml");
        shell.Handle(command, async call =>
        {
            var request = (call.Get(file), call.Get(names)) switch
            {
                ({ } path, []) => new RenderCommandLineRequest { Spec = VmDocument.Read(call, path)[0].Vm },
                (null, [var name]) => new RenderCommandLineRequest { Vm = name },
                _ => throw new CommandException(ExitCode.Usage, "say which VM: one VM, or -f FILE"),
            };
            var line = await call.Agent.Vms.RenderCommandLineAsync(request, call.Unary);
            call.Printer.One(line, line.Binary, () =>
            {
                var groups = Grouped(line).ToList();
                for (var i = 0; i < groups.Count; i++)
                {
                    call.Printer.Line((i > 0 ? "  " : "") + groups[i] + (i < groups.Count - 1 ? " \\" : ""));
                }

                if (line.AcceleratorReason.Length > 0)
                {
                    call.Printer.Note($"accelerator: {line.Accelerator.ToString().ToLowerInvariant()} ({line.AcceleratorReason})");
                }
            });
            return ExitCode.Ok;
        });
    }

    // An option and its value on one line, so that it can be read and pasted into a shell.
    private static IEnumerable<string> Grouped(RenderCommandLineResponse line)
    {
        var current = Quoted(line.Binary);
        foreach (var argument in line.Arguments)
        {
            if (argument.StartsWith('-'))
            {
                yield return current;
                current = Quoted(argument);
            }
            else
            {
                current += " " + Quoted(argument);
            }
        }

        yield return current;
    }

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_=/.,:+@%".Contains(c))
            ? argument
            : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
