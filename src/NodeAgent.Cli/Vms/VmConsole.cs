using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm console</c></summary>
internal static class VmConsole
{
    private static readonly TimeSpan UsualLinger = TimeSpan.FromSeconds(1);

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var history = command.Flag("--history", "Show what was kept of the output first.");
        var readOnly = command.Flag("--read-only", "Watch only; keys are not passed on.");
        var linger = command.Duration("--linger", "When input comes from a pipe: leave when the guest was quiet this long after its end (default 1s).");
        var ticket = new TicketOption(command);
        shell.Examples(command, "nodectl vm console web", "nodectl vm console web --ticket -", "printf 'uptime\\n' | nodectl vm console web --linger 3s");
        shell.Handle(command, async call =>
        {
            using var session = new ConsoleSession(
                call,
                new ConsoleAttach { Vm = call.Get(name), History = call.Get(history), ReadOnly = call.Get(readOnly) },
                call.Get(linger)?.ToTimeSpan() ?? UsualLinger,
                await ticket.ReadAsync(call));
            await session.RunAsync();
            return ExitCode.Ok;
        });
    }
}
