using System.CommandLine;
using NodeAgent.Cli.Output;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace NodeAgent.Cli.Invocation;

/// <summary>The options that every command has; they may stand before or after the command.</summary>
internal sealed class GlobalOptions
{
    /// <summary>The agent's address.</summary>
    public Option<string?> Host { get; } = new("--host")
    {
        Description = "Address of the agent: unix:PATH, or HOST:PORT of a node elsewhere. Else NODECTL_HOST, else the context in use, else unix:/run/nodeagent/api.sock.",
        HelpName = "ADDRESS",
        Recursive = true,
    };

    /// <summary>A context of the user's configuration.</summary>
    public Option<string?> Context { get; } = new("--context")
    {
        Description = "Talk to the agent of this context instead of the one in use.",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>The user's certificate.</summary>
    public Option<string?> Certificate { get; } = NewFile("--certificate", "Your certificate for a node elsewhere, PEM. Else the context's, else NODECTL_CERTIFICATE, else cert.pem beside the contexts.");

    /// <summary>Its key.</summary>
    public Option<string?> Key { get; } = NewFile("--key", "The certificate's key, PEM. Else the context's, else NODECTL_KEY, else key.pem beside the contexts.");

    /// <summary>Whom the user trusts.</summary>
    public Option<string?> Authorities { get; } = NewFile("--authorities", "The authorities of the fleet, PEM. Else the context's, else NODECTL_AUTHORITIES, else ca.pem beside the contexts.");

    /// <summary>The form of the result.</summary>
    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "How to print the result.",
        HelpName = "table|wide|json|yaml|name",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    };

    /// <summary>Whether to do without colours.</summary>
    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "Print without colours, as NO_COLOR in the environment does too.",
        Recursive = true,
    };

    /// <summary>How long the command may take.</summary>
    public Option<Duration?> Timeout { get; } = CommandOptions.NewDuration("--timeout", "Give up after this time, for instance 30s. Work that was begun goes on.");

    /// <summary>Prepares the options for one command tree.</summary>
    public GlobalOptions()
    {
        Timeout.Recursive = true;
        Output.AcceptOnlyFromAmong([.. System.Enum.GetNames<OutputFormat>().Select(n => n.ToLowerInvariant())]);
    }

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [Host, Context, Certificate, Key, Authorities, Output, NoColor, Timeout];

    private static Option<string?> NewFile(string name, string description) => new(name) { Description = description, HelpName = "FILE", Recursive = true };
}
