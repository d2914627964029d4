using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm create</c></summary>
internal static class VmCreate
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var request = new VmRequestFlags(command);
        var validateOnly = command.Flag("--validate-only", "Check everything, record nothing.");
        var start = command.Flag("--start", "Start the VM as soon as it is recorded.");
        var noWait = VmVerb.NoWait(command);
        shell.Examples(
            command,
            "nodectl vm create web --memory 512M --vcpus 2 --disk path=/var/lib/nodeagent/images/web.qcow2,format=qcow2 --net user",
            "nodectl vm create tiny --memory 256M --vcpus 1 --kernel vmlinuz --initrd initrd.img --cmdline console=ttyS0 --start",
            "nodectl vm create -f web.yaml",
            "nodectl vm get web -o yaml | sed 's/^name: .*/name: web2/; /^id:/d' | nodectl vm create -f -");
        shell.Handle(command, async call =>
        {
            var created = new List<Vm>();
            foreach (var (vm, document) in request.Read(call))
            {
                try
                {
                    created.Add(await call.Agent.Vms.CreateVmAsync(
                        new CreateVmRequest { Vm = vm, RequestId = Call.NewRequestId(), ValidateOnly = call.Get(validateOnly) }, call.Unary));
                }
                catch (RpcException e) when (document?.Locate(e) is { } located)
                {
                    throw located;
                }

                Print(call, created[^1], call.Get(validateOnly) ? "valid, nothing recorded" : "created");
            }

            return call.Get(start) && !call.Get(validateOnly)
                ? await VmVerb.RunAsync(
                    call,
                    created.Select(v => v.Name),
                    (vm, id, options) => call.Agent.Vms.StartVmAsync(new StartVmRequest { Vm = vm, RequestId = id }, options),
                    wait: !call.Get(noWait),
                    done: "started")
                : ExitCode.Ok;
        });
    }

    /// <summary>Prints a VM that was made or changed.</summary>
    public static void Print(Call call, Vm vm, string what)
    {
        call.Printer.One(vm, vm.Name, () => call.Printer.Line($"{vm.Name}: {what}"));
        if (call.Printer.ForPeople && vm.Status is { PendingFields.Count: > 0 } status)
        {
            call.Printer.Note($"{vm.Name}: takes effect at the next start: {string.Join(", ", status.PendingFields)}", Palette.Warning);
        }
    }
}
