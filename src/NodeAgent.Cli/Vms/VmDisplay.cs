using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm display</c></summary>
internal static class VmDisplay
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        var socket = new Option<string?>("--socket") { Description = "Listen on this unix socket, instead of on a port of 127.0.0.1.", HelpName = "FILE" };
        command.Add(socket);
        var ticket = new TicketOption(command);
        shell.Examples(command, "nodectl vm display web", "nodectl vm display web --socket /run/user/1000/web.vnc", "nodectl vm display web --ticket -");
        shell.Handle(command, async call =>
        {
            var headers = await ticket.ReadAsync(call);
            using var listener = ViewerListener.Open(call, call.Get(socket));
            var isFirst = true;
            bool again;
            do
            {
                // Opened before a viewer comes: what is wrong is said now, and a ticket does not expire meanwhile.
                using var session = await DisplaySession.OpenAsync(call, call.Get(name), headers);
                if (isFirst)
                {
                    call.Printer.Note($"Display of {call.Get(name)} for one VNC viewer at a time, for instance: {listener.Example}. Ctrl-C ends.");
                    await call.Printer.NextAsync(
                        new Struct { Fields = { ["address"] = Value.ForString(listener.Address) } }, listener.Address, () => call.Printer.Line(listener.Address));
                    isFirst = false;
                }

                using var viewer = await session.UntilAsync(listener.AcceptAsync);
                // What a ticket opens, it opens once.
                again = viewer is not null && await session.ServeAsync(viewer) && headers is null;
            }
            while (again);

            return ExitCode.Ok;
        });
    }
}
