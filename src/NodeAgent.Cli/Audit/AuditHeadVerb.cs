using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary><c>audit head</c></summary>
internal static class AuditHeadVerb
{
    /// <summary>Adds the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        shell.Examples(command, "nodectl audit head", "nodectl audit head >> /root/audit-heads");
        shell.Handle(command, async call =>
        {
            var head = await call.Agent.Audit.GetAuditHeadAsync(new GetAuditHeadRequest(), call.Unary);
            var text = ChainPlace.HeadOf(head).ToString();
            call.Printer.One(head, text, () => call.Printer.Line(text));
            return ExitCode.Ok;
        });
    }
}
