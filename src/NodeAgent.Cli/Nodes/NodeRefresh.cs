using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>node refresh</c></summary>
internal static class NodeRefresh
{
    // The self-test runs guests and the probe starts QEMU; both take seconds on a slow host.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Adds the options and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var full = NodeGet.Full(command);
        shell.Handle(command, async call =>
        {
            var node = await call.Agent.Node.RefreshNodeAsync(new RefreshNodeRequest { View = NodeGet.View(call, full) }, call.Within(Patience));
            NodeGet.Print(call, node, call.Get(full));
            return ExitCode.Ok;
        });
    }
}
