using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>node maintenance enter|exit</c></summary>
internal static class NodeMaintenance
{
    /// <summary>Adds the two commands.</summary>
    public static void Describe(Command command, Shell shell)
    {
        command.Add(new Verb("enter", "Refuse to start VMs from now on, and show which still run.", DescribeEnter).ToCommand(shell, whole: true));
        command.Add(new Verb("exit", "Let VMs be started again.", DescribeExit).ToCommand(shell, whole: true));
    }

    private static void DescribeEnter(Command command, Shell shell)
    {
        var reason = command.Text("--reason", "TEXT", "Why, for those who wonder.");
        shell.Examples(command, "nodectl node maintenance enter --reason \"new memory\"", "nodectl node maintenance enter -o json | jq -r '.remaining[].name'");
        shell.Handle(command, async call =>
        {
            var request = new EnterMaintenanceRequest { Reason = call.Get(reason) ?? "", RequestId = Call.NewRequestId() };
            Print(call, await call.Agent.Node.EnterMaintenanceAsync(request, call.Unary));
            return ExitCode.Ok;
        });
    }

    private static void DescribeExit(Command command, Shell shell) => shell.Handle(command, async call =>
    {
        Print(call, await call.Agent.Node.ExitMaintenanceAsync(new ExitMaintenanceRequest { RequestId = Call.NewRequestId() }, call.Unary));
        return ExitCode.Ok;
    });

    private static void Print(Call call, Maintenance maintenance) => call.Printer.One(maintenance, "maintenance", () =>
    {
        if (!maintenance.Active)
        {
            call.Printer.Line("The node is in service.");
            return;
        }

        call.Printer.Line($"The node is in maintenance since {HumanText.Moment(maintenance.EnterTime)}: no VM is started.");
        call.Printer.Line(maintenance.Remaining.Count == 0 ? "No VM runs." : "Still there:");
        foreach (var vm in maintenance.Remaining)
        {
            call.Printer.Line($"  {vm.Name}  {vm.Why}");
        }
    });
}
