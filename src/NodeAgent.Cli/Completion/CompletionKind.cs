namespace NodeAgent.Cli.Completion;

/// <summary>What can follow an argument or an option on the command line.</summary>
internal enum CompletionKind
{
    /// <summary>Nothing that could be guessed.</summary>
    Free,

    /// <summary>One of some words.</summary>
    Words,

    /// <summary>A file.</summary>
    File,

    /// <summary>A VM that the agent knows; asked for when the key is pressed.</summary>
    Vm,

    /// <summary>A context of the user's configuration.</summary>
    Context,
}
