using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Vms;

/// <summary>A ticket in place of a role: given as an option, on standard input, or in the environment, which others cannot read.</summary>
internal sealed class TicketOption
{
    private const string Header = "nodeagent-ticket", Variable = "NODECTL_TICKET";
    private const int Longest = 256;

    private readonly Option<string?> _option;

    /// <summary>Adds the option to a command.</summary>
    public TicketOption(Command command) => _option = command.Text(
        "--ticket", "TICKET", $"Come in by a ticket that somebody made with 'vm ticket', whatever your own role is. '-' reads it from the first line of standard input; {Variable} in the environment keeps it out of the list of processes too.");

    /// <summary>What presents the ticket; null without one.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    public async Task<Metadata?> ReadAsync(Call call)
    {
        var given = call.Get(_option) ?? call.Surroundings.Environment(Variable);
        if (string.IsNullOrEmpty(given))
        {
            return null;
        }

        var ticket = (given == "-" ? await FirstLineAsync(call) : given).Trim();
        return ticket.Length > 0 && ticket.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? new Metadata { { Header, ticket } }
            : throw new CommandException(ExitCode.Usage, "what was given as a ticket is none", "'nodectl vm ticket' prints one: letters, digits, '-' and '_'.");
    }

    // Byte by byte: what follows the line is for the guest.
    private static async Task<string> FirstLineAsync(Call call)
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (line.Count < Longest && await call.Surroundings.Input.ReadAsync(next, call.Cancellation) > 0 && next[0] != (byte)'\n')
        {
            line.Add(next[0]);
        }

        return System.Text.Encoding.Latin1.GetString([.. line]);
    }
}
