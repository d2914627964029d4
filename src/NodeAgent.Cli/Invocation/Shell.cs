using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Terminal;
using NodeAgent.Cli.Transport;
using NodeAgent.Cli.Yaml;

namespace NodeAgent.Cli.Invocation;

/// <summary>Runs commands, and turns whatever goes wrong in them into a message and an exit code.</summary>
internal sealed class Shell(Surroundings surroundings)
{
    private const string Forbidden = "What a role may is said by /etc/nodeagent/policy.conf on the node; use an identity with a role that may, or ask who looks after the node.";

    private const string NewTicket = "Ask whoever gave you the ticket for another: 'nodectl vm ticket' makes one.";

    private readonly Dictionary<Command, string[]> _examples = [];

    /// <summary>The options that every command has.</summary>
    public GlobalOptions Options { get; } = new();

    /// <summary>What is around the program.</summary>
    public Surroundings Surroundings { get; } = surroundings;

    /// <summary>Says what a command does when it is called; the result is the exit code.</summary>
    public void Handle(Command command, Func<Call, Task<int>> body) =>
        command.SetAction((parse, cancellation) => RunAsync(new Call(parse, Options, Surroundings, cancellation), body));

    /// <summary>Gives examples that the command's help shows.</summary>
    public void Examples(Command command, params string[] lines) => _examples[command] = lines;

    /// <summary>The examples of a command.</summary>
    public IReadOnlyList<string> ExamplesOf(Command command) => _examples.GetValueOrDefault(command, []);

    private async Task<int> RunAsync(Call call, Func<Call, Task<int>> body)
    {
        using (call)
        {
            int code;
            try
            {
                code = await body(call);
            }
            catch (OperationCanceledException) when (call.Cancellation.IsCancellationRequested)
            {
                code = ExitCode.Interrupted;
            }
            catch (Exception e) when (e is RpcException or CommandException or YamlException or IOException or UnauthorizedAccessException)
            {
                code = await ReportAsync(call, e, "");
            }

            await Surroundings.Out.FlushAsync(CancellationToken.None);
            return code;
        }
    }

    /// <summary>Tells the user about an error on standard error.</summary>
    /// <param name="call">The run.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="subject">What it concerns, for instance a VM's name; empty for the command as a whole.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> ReportAsync(Call call, Exception error, string subject)
    {
        if (error is RpcException { StatusCode: StatusCode.Cancelled } && call.Cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }

        var (code, lines) = error switch
        {
            RpcException when call.AgentInUse is { CannotConnect: true } agent => Explain(await agent.ExplainAsync(call.Cancellation)),
            RpcException { StatusCode: not StatusCode.Unavailable } rpc when ConnectionLoss.Is(rpc) =>
                (ExitCode.Unreachable, ["the agent went away before it answered", "  Whether the request was carried out is not known; look before you repeat it."]),
            RpcException { StatusCode: StatusCode.PermissionDenied or StatusCode.Unauthenticated } rpc when StatusText.IsOfTicket(rpc) =>
                (ExitCode.Permission, [.. StatusText.Lines(StatusText.Of(rpc)), "  " + NewTicket]),
            RpcException { StatusCode: StatusCode.PermissionDenied } rpc => (ExitCode.Permission, [.. StatusText.Lines(StatusText.Of(rpc)), "  " + Forbidden]),
            RpcException rpc => (ExitCode.Of(rpc.StatusCode), StatusText.Lines(StatusText.Of(rpc))),
            CommandException command => (command.ExitCode, command.Remedy.Length == 0 ? [command.Message] : [command.Message, "  " + command.Remedy]),
            YamlException yaml => (ExitCode.Usage, yaml.Errors.Select(e => e.ToString())),
            _ => (ExitCode.Failed, [error.Message]),
        };
        Write(call, subject, lines);
        return code;
    }

    /// <summary>Tells the user about a failed operation on standard error.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(Call call, Google.Rpc.Status status, string subject)
    {
        Write(call, subject, StatusText.Lines(status));
        return ExitCode.Of((StatusCode)status.Code);
    }

    private static (int Code, IEnumerable<string> Lines) Explain(Unreachable reason) => (reason.ExitCode, [reason.Problem, "  " + reason.Remedy]);

    // What is indented belongs to the line before it; every other line is an error of its own.
    private static void Write(Call call, string subject, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                call.Printer.Note(line);
            }
            else
            {
                call.Printer.Note("error: " + (subject.Length == 0 ? "" : subject + ": ") + line, Palette.Bad);
            }
        }
    }
}
