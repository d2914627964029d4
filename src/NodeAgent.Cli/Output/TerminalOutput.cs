using System.Text;
using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>Tells the rendering library about a stream that we opened ourselves.</summary>
internal sealed class TerminalOutput(TextWriter writer, bool isTerminal, Func<int> width) : IAnsiConsoleOutput
{
    // Lines that go to a file or a pipe are not broken.
    private const int Unlimited = 1_000_000;

    /// <inheritdoc/>
    public TextWriter Writer { get; } = writer;

    /// <inheritdoc/>
    public bool IsTerminal { get; } = isTerminal;

    /// <inheritdoc/>
    public int Width => IsTerminal ? Math.Max(20, width()) : Unlimited;

    /// <inheritdoc/>
    public int Height => IsTerminal ? Console.WindowHeight : 24;

    /// <summary>Makes a console that writes to a stream.</summary>
    public static IAnsiConsole Open(TextWriter writer, bool isTerminal, bool color, Func<int> width) =>
        AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(writer, isTerminal, width),
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
        });

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding)
    {
        // The streams are UTF-8 already.
    }
}
