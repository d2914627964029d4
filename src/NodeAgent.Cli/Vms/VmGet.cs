using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm get</c></summary>
internal static class VmGet
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = VmNames.Several(command);
        var watch = command.Flag("--watch", "Go on and show every change.");
        shell.Examples(command, "nodectl vm get web", "nodectl vm get web -o json | jq .status.state", "nodectl vm get web -o yaml > web.yaml");
        shell.Handle(command, async call =>
        {
            var vms = new List<Vm>();
            var code = ExitCode.Ok;
            foreach (var name in call.Get(names))
            {
                try
                {
                    vms.Add(await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = name }, call.Unary));
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
                {
                    code = await Shell.ReportAsync(call, e, name);
                }
            }

            if (call.Get(watch) && code == ExitCode.Ok)
            {
                return await VmFeed.RunAsync(call, filter: "", [.. vms.Select(v => v.Id)]);
            }

            Print(call, vms);
            return code;
        });
    }

    private static void Print(Call call, List<Vm> vms)
    {
        var columns = VmColumns.For(call.Time);
        if (vms is [var only])
        {
            call.Printer.One(only, only.Name, () => call.Printer.Many(vms, only, columns, v => v.Name));
        }
        else if (vms.Count > 0)
        {
            call.Printer.Many(vms, new ListVmsResponse { Vms = { vms } }, columns, v => v.Name);
        }
    }
}
