using System.CommandLine;
using System.Diagnostics;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Yaml;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary><c>vm edit</c></summary>
internal static class VmEdit
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = VmNames.One(command);
        shell.Examples(command, "EDITOR=vim nodectl vm edit web");
        shell.Handle(command, async call =>
        {
            var vm = await call.Agent.Vms.GetVmAsync(new GetVmRequest { Vm = call.Get(name) }, call.Unary);
            var text = ToText(vm);
            var folder = Directory.CreateTempSubdirectory("nodectl-");
            var file = Path.Combine(folder.FullName, $"{vm.Name}.yaml");
            await File.WriteAllTextAsync(file, text, call.Cancellation);
            await RunEditorAsync(call, file);
            if (await File.ReadAllTextAsync(file, call.Cancellation) == text)
            {
                folder.Delete(recursive: true);
                call.Printer.Note($"{vm.Name}: nothing was changed");
                return ExitCode.Ok;
            }

            try
            {
                await VmUpdate.FromDocumentAsync(call, VmDocument.Read(call, file)[0], vm.Id, validateOnly: false);
            }
            catch (Exception e) when (e is YamlException or RpcException or CommandException)
            {
                call.Printer.Note($"your changes are kept: mend {file}, then 'nodectl vm update {vm.Name} -f {file}'");
                throw;
            }

            folder.Delete(recursive: true);
            return ExitCode.Ok;
        });
    }

    private static string ToText(Vm vm)
    {
        using var writer = new StringWriter();
        // The etag goes with it, so that a change made meanwhile by somebody else is not overwritten.
        new MessageWriter(writer, KnownTypes.Registry).Write(new Vm { Id = vm.Id, Name = vm.Name, Labels = { vm.Labels }, Spec = vm.Spec, Etag = vm.Etag });
        return writer.ToString();
    }

    // The editor's value may carry options ("code --wait"), so a shell takes it apart; the file is passed as its own argument.
    private static async Task RunEditorAsync(Call call, string file)
    {
        var editor = call.Surroundings.Environment("VISUAL") is { Length: > 0 } visual ? visual
            : call.Surroundings.Environment("EDITOR") is { Length: > 0 } other ? other : "vi";
        var start = new ProcessStartInfo("/bin/sh");
        foreach (var argument in (string[])["-c", editor + " \"$1\"", "sh", file])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new CommandException(ExitCode.Failed, $"the editor '{editor}' could not be started");
        await process.WaitForExitAsync(call.Cancellation);
        if (process.ExitCode != 0)
        {
            throw new CommandException(ExitCode.Failed, $"the editor '{editor}' ended with {process.ExitCode}; nothing was changed", $"Your text is in {file}.");
        }
    }
}
