using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm ticket</c></summary>
internal static class VmTicket
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var console = command.Flag("--console", "For its serial console.");
        var display = command.Flag("--display", "For its display.");
        var lifetime = command.Duration("--lifetime", "How long the ticket waits for somebody to use it: 1s to 10m (default 60s).");
        var readOnly = command.Flag("--read-only", "For a console: watch only.");
        shell.Examples(
            command,
            "nodectl vm ticket web --console",
            "nodectl vm ticket web --console --read-only --lifetime 5m",
            "nodectl vm ticket web --display -o json");
        shell.Handle(command, async call =>
        {
            if (call.Get(console) == call.Get(display))
            {
                throw new CommandException(ExitCode.Usage, "say what the ticket is for: --console or --display");
            }

            var ticket = await call.Agent.Vms.CreateAccessTicketAsync(
                new CreateAccessTicketRequest
                {
                    Vm = call.Get(name),
                    Kind = call.Get(console) ? AccessKind.Console : AccessKind.Display,
                    Lifetime = call.Get(lifetime),
                    ReadOnly = call.Get(readOnly),
                    RequestId = Call.NewRequestId(),
                },
                call.Unary);
            call.Printer.One(ticket, ticket.Ticket, () =>
            {
                call.Printer.Line(ticket.Ticket);
                call.Printer.Note($"Opens the {(call.Get(console) ? "console" : "display")} of {ticket.VmName} once, until {HumanText.Moment(ticket.ExpireTime)}.");
            });
            return ExitCode.Ok;
        });
    }
}
