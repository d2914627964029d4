using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm describe</c></summary>
internal static class VmDescribe
{
    private const int RecentEvents = 10;

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        shell.Handle(command, async call =>
        {
            var vm = await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = call.Get(name) }, call.Unary);
            if (!call.Printer.ForPeople)
            {
                call.Printer.One(vm, vm.Name, static () => { });
                return ExitCode.Ok;
            }

            var recent = await call.Agent.Events.ListEventsAsync(new ListEventsRequest { Vm = vm.Id, PageSize = RecentEvents, NewestFirst = true }, call.Unary);
            VmPage.Of(vm, [.. recent.Events.Reverse()], call.Time).Write(call.Printer.Console);
            return ExitCode.Ok;
        });
    }
}
