using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>The two ways to say which VM is to be made: by options, or by a file.</summary>
internal sealed class VmRequestFlags
{
    private readonly Argument<string?> _name;
    private readonly Option<string?> _file;
    private readonly Option<string?> _id;
    private readonly Option<string[]> _labels;
    private readonly SpecFlags _spec;

    /// <summary>Adds the argument and the options to a command.</summary>
    public VmRequestFlags(Command command)
    {
        _name = new Argument<string?>("name") { Description = "Name of the new VM.", HelpName = "NAME", Arity = ArgumentArity.ZeroOrOne };
        command.Add(_name);
        _file = new Option<string?>("--file", "-f") { Description = "Read VMs from a YAML or JSON file; '-' is standard input.", HelpName = "FILE" };
        command.Add(_file);
        _id = command.Text("--id", "UUID", "Id of the new VM, else one is made.");
        _labels = command.Texts("--label", "KEY=VALUE", "A label; may be given several times.");
        _spec = new SpecFlags(command);
    }

    /// <summary>The VMs that were described; with the document each comes from, where it comes from one.</summary>
    /// <exception cref="CommandException">Neither or both ways were used, or a value is wrong.</exception>
    public IReadOnlyList<(Vm Vm, VmDocument? Document)> Read(Call call)
    {
        var name = call.Get(_name);
        if (call.Get(_file) is { } file)
        {
            return name is null && !call.Has(_id) && !call.Has(_labels) && !_spec.AnyGiven(call)
                ? [.. VmDocument.Read(call, file).Select(d => (d.Vm, (VmDocument?)d))]
                : throw new CommandException(ExitCode.Usage, "a VM is described by -f FILE or by a name and options, not by both");
        }

        if (string.IsNullOrEmpty(name))
        {
            throw new CommandException(ExitCode.Usage, "say which VM: NAME and options, or -f FILE");
        }

        var vm = new Vm { Name = name, Id = call.Get(_id) ?? "", Spec = new VmSpec() };
        foreach (var (key, value) in (call.Get(_labels) ?? []).Select(DeviceFlags.Label))
        {
            vm.Labels[key] = value;
        }

        _spec.Apply(call, vm.Spec);
        return [(vm, null)];
    }
}
