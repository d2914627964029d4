using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm nmi</c></summary>
internal static class VmNmi
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        shell.Handle(command, async call =>
        {
            await call.Agent.Vms.InjectNmiAsync(new InjectNmiRequest { Vm = call.Get(name), RequestId = Call.NewRequestId() }, call.Unary);
            return ExitCode.Ok;
        });
    }
}
