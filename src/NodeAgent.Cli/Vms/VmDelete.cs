using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
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
                    await call.Agent.Vms.DeleteVmAsync(
                        new DeleteVmRequest { Vm = name, RequestId = Call.NewRequestId(), AllowMissing = call.Get(missing) }, call.Unary);
                    call.Printer.Line(call.Printer.ForPeople ? $"{name}: deleted; its disks stay" : name);
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
}
