using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm update</c></summary>
internal static class VmUpdate
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var names = VmNames.Several(command, least: 0);
        var file = new Option<string?>("--file", "-f") { Description = "Read labels and spec from a YAML or JSON file; '-' is standard input.", HelpName = "FILE" };
        command.Add(file);
        var newName = command.Text("--name", "NAME", "Give the VM another name.");
        var labels = command.Texts("--label", "KEY=VALUE", "Set a label; may be given several times.");
        var gone = command.Texts("--remove-label", "KEY", "Remove a label; may be given several times.");
        var validateOnly = command.Flag("--validate-only", "Check everything, change nothing.");
        var spec = new SpecFlags(command);
        shell.Examples(command, "nodectl vm update web --memory 1GiB --label tier=web", "nodectl vm update -f web.yaml");

        async Task<UpdateVmRequest> ChangeAsync(Call call, string name)
        {
            var vm = await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = name }, call.Unary);
            vm.Spec ??= new VmSpec();
            var mask = new FieldMask { Paths = { spec.Apply(call, vm.Spec) } };
            if (call.Get(newName) is { } renamed)
            {
                vm.Name = renamed;
                mask.Paths.Add("name");
            }

            foreach (var (key, value) in (call.Get(labels) ?? []).Select(DeviceFlags.Label))
            {
                vm.Labels[key] = value;
            }

            foreach (var key in call.Get(gone) ?? [])
            {
                vm.Labels.Remove(key);
            }

            if (call.Has(labels) || call.Has(gone))
            {
                mask.Paths.Add("labels");
            }

            // The etag stays in: what was read and what is changed belong together.
            return mask.Paths.Count > 0
                ? new UpdateVmRequest { Vm = vm, UpdateMask = mask }
                : throw new CommandException(ExitCode.Usage, "nothing to change: give options or -f FILE");
        }

        shell.Handle(command, async call =>
        {
            var given = call.Get(names);
            if (call.Get(file) is { } path)
            {
                if (given.Length > 1 || spec.AnyGiven(call) || call.Has(newName) || call.Has(labels) || call.Has(gone))
                {
                    throw new CommandException(ExitCode.Usage, "-f FILE says all there is to say; leave the other options out");
                }

                foreach (var document in VmDocument.Read(call, path))
                {
                    await FromDocumentAsync(call, document, given is [var only] ? only : null, call.Get(validateOnly));
                }

                return ExitCode.Ok;
            }

            if (given.Length == 0 || (given.Length > 1 && call.Has(newName)))
            {
                throw new CommandException(ExitCode.Usage, given.Length == 0 ? "say which VM: VM and options, or -f FILE" : "--name fits one VM only");
            }

            foreach (var name in given)
            {
                await SendAsync(call, await ChangeAsync(call, name), call.Get(validateOnly));
            }

            return ExitCode.Ok;
        });
    }

    /// <summary>Changes labels and spec of a VM to what a document says.</summary>
    /// <param name="call">The run.</param>
    /// <param name="document">The document; it names the VM by its id, else by its name.</param>
    /// <param name="name">The VM that is meant, where the user named one; its name becomes the document's.</param>
    /// <param name="validateOnly">Whether only to check.</param>
    public static async Task FromDocumentAsync(Call call, VmDocument document, string? name, bool validateOnly)
    {
        var vm = document.Vm;
        var mask = new FieldMask { Paths = { "labels", "spec" } };
        if (name is not null)
        {
            var now = await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = name }, call.Unary);
            if (vm.Id.Length > 0 && vm.Id != now.Id)
            {
                throw new CommandException(ExitCode.Conflict, $"{document.File} describes VM {vm.Id}, but '{name}' is {now.Id}");
            }

            vm.Id = now.Id;
            if (vm.Name.Length > 0 && vm.Name != now.Name)
            {
                mask.Paths.Add("name");
            }
        }

        try
        {
            await SendAsync(call, new UpdateVmRequest { Vm = vm, UpdateMask = mask }, validateOnly);
        }
        catch (RpcException e) when (document.Locate(e) is { } located)
        {
            throw located;
        }
    }

    private static async Task SendAsync(Call call, UpdateVmRequest request, bool validateOnly)
    {
        request.RequestId = Call.NewRequestId();
        request.ValidateOnly = validateOnly;
        VmCreate.Print(call, await call.Agent.Vms.UpdateVmAsync(request, call.Unary), validateOnly ? "valid, nothing changed" : "updated");
    }
}
