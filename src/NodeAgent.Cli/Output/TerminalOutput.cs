using System.Text;
using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>Tells the rendering library about a stream that we opened ourselves.</summary>
internal sealed class TerminalOutput(TextWriter writer, bool isTerminal) : IAnsiConsoleOutput
{
    // Lines are never broken: tables fit themselves to the terminal, and a text is best wrapped by the terminal itself.
    private const int Unlimited = 1_000_000;

    /// <inheritdoc/>
    public TextWriter Writer { get; } = writer;

    /// <inheritdoc/>
    public bool IsTerminal { get; } = isTerminal;

    /// <inheritdoc/>
    public int Width => Unlimited;

    /// <inheritdoc/>
    public int Height => Unlimited;

    /// <summary>Makes a console that writes to a stream.</summary>
    public static IAnsiConsole Open(TextWriter writer, bool isTerminal, bool color)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(writer, isTerminal),
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
        });
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding)
    {
        // The streams are UTF-8 already.
    }
}
