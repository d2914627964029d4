using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm delete</c></summary>
internal static class VmDelete
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = VmNames.Several(command);
        var missing = command.Flag("--allow-missing", "No error where there is no such VM.");
        shell.Handle(command, async call =>
        {
            var code = ExitCode.Ok;
            foreach (var name in call.Get(names))
            {
                try
                {
                    // The answer is empty, and a program wants to know what it was that is gone.
                    var vm = call.Printer.Format is OutputFormat.Json or OutputFormat.Yaml ? await LookAsync(call, name, call.Get(missing)) : null;
                    await call.Agent.Vms.DeleteVmAsync(
                        new DeleteVmRequest { Vm = name, RequestId = Call.NewRequestId(), AllowMissing = call.Get(missing) }, call.Unary);
                    if (vm is not null)
                    {
                        call.Printer.One(vm, vm.Name, static () => { });
                    }
                    else if (call.Printer.ForPeople || call.Printer.Format is OutputFormat.Name)
                    {
                        call.Printer.Line(call.Printer.ForPeople ? $"{name}: deleted; its disks stay" : name);
                    }
                }
                catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.Aborted)
                {
                    var result = await Shell.ReportAsync(call, e, name);
                    code = code == ExitCode.Ok ? result : code;
                }
            }

            return code;
        });
    }

    private static async Task<Vm?> LookAsync(Call call, string name, bool mayBeMissing)
    {
        try
        {
            return await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = name }, call.Unary);
        }
        catch (RpcException e) when (mayBeMissing && e.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }
}
