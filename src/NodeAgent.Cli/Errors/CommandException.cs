namespace NodeAgent.Cli.Errors;

/// <summary>A command cannot go on; the message is for the user.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">What is wrong.</param>
/// <param name="remedy">What to do about it; empty when that is plain.</param>
internal sealed class CommandException(int exitCode, string message, string remedy = "") : Exception(message)
{
    /// <summary>One of <see cref="Errors.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do about it; empty when that is plain.</summary>
    public string Remedy { get; } = remedy;
}
