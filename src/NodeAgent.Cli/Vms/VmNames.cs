using System.CommandLine;

namespace NodeAgent.Cli.Vms;

/// <summary>The arguments that name VMs. Their name, "vm", is what shell completion looks for.</summary>
internal static class VmNames
{
    /// <summary>Adds an argument for one VM.</summary>
    public static Argument<string> One(Command command)
    {
        var name = new Argument<string>("vm") { Description = "Name or id of the VM.", HelpName = "VM" };
        command.Add(name);
        return name;
    }

    /// <summary>Adds an argument for VMs.</summary>
    /// <param name="command">The command.</param>
    /// <param name="least">How many must be given.</param>
    public static Argument<string[]> Several(Command command, int least = 1)
    {
        var names = new Argument<string[]>("vm")
        {
            Description = "Names or ids of VMs.",
            HelpName = "VM",
            Arity = new ArgumentArity(least, 100_000),
        };
        command.Add(names);
        return names;
    }
}
