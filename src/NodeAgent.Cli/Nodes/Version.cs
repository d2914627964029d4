using System.CommandLine;
using System.Reflection;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary><c>version</c>: of this program, and of the agent where one answers.</summary>
internal static class Version
{
    /// <summary>Adds the action.</summary>
    public static void Describe(Command command, Shell shell) => shell.Handle(command, async call =>
    {
        call.Printer.Line($"nodectl     {OfThisProgram}");
        try
        {
            var node = await call.Agent.Node.GetNodeAsync(new GetNodeRequest { View = NodeView.Basic }, call.Unary);
            call.Printer.Line($"nodeagentd  {node.Agent?.Version} ({call.Agent.Address})");
        }
        catch (RpcException) when (call.Agent.CannotConnect)
        {
            call.Printer.Line($"nodeagentd  does not answer ({call.Agent.Address})");
        }

        return ExitCode.Ok;
    });

    /// <summary>The version that was built.</summary>
    private static string OfThisProgram { get; } =
        typeof(Version).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
