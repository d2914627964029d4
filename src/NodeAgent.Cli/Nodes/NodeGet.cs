using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>node get</c></summary>
internal static class NodeGet
{
    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var full = Full(command);
        shell.Examples(command, "nodectl node get", "nodectl node get --full -o json | jq .kvm.extensions");
        shell.Handle(command, async call =>
        {
            Print(call, await call.Agent.Node.GetNodeAsync(new GetNodeRequest { View = View(call, full) }, call.Unary), call.Get(full));
            return ExitCode.Ok;
        });
    }

    /// <summary>Adds the option for the long lists.</summary>
    public static Option<bool> Full(Command command) =>
        command.Flag("--full", "With the long lists: KVM extensions, CPUID and MSR features, QEMU devices and CPU models, PCI devices.");

    /// <summary>The view that the option asks for.</summary>
    public static NodeView View(Call call, Option<bool> full) => call.Get(full) ? NodeView.Full : NodeView.Basic;

    /// <summary>Prints the node.</summary>
    public static void Print(Call call, Node node, bool full) =>
        call.Printer.One(node, node.Hostname, () => NodePage.Of(node, full, call.Time).Write(call.Printer.Console));
}
