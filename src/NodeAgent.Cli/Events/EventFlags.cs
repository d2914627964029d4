using System.CommandLine;
using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Events;

/// <summary>The options that choose events.</summary>
internal sealed class EventFlags
{
    /// <summary>Adds the options to a command.</summary>
    public EventFlags(Command command)
    {
        Vm = command.Text("--vm", "VM", "Only events of this VM, by name or id.");
        Kind = command.Text("--kind", "PREFIX", "Only events whose kind begins so, for instance 'vm.' or 'vm.guest-panicked'.");
        SinceToken = command.Text("--since-token", "TOKEN", "Only events after this token, which each event carries.");
    }

    /// <summary>The VM.</summary>
    public Option<string?> Vm { get; }

    /// <summary>How the kind begins.</summary>
    public Option<string?> Kind { get; }

    /// <summary>The token after which to begin.</summary>
    public Option<string?> SinceToken { get; }
}
