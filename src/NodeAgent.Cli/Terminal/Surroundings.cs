using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Cli.Terminal;

/// <summary>What the program finds around itself: its streams, the terminal behind them, the environment and the clock.</summary>
internal sealed record Surroundings
{
    /// <summary>Standard output as text; buffered, so it must be flushed.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard output as bytes, for what a guest says; flush <see cref="Out"/> before it is used.</summary>
    public required Stream RawOut { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    /// <summary>Whether keys come from a person.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Whether standard output is read by a person.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether standard error is read by a person.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns and rows of the terminal.</summary>
    public Func<(int Columns, int Rows)> Size { get; init; } = TerminalDevice.Size;

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Switches the terminal to raw mode until disposed.</summary>
    public Func<IDisposable> EnterRawMode { get; init; } = TerminalDevice.EnterRaw;

    /// <summary>The surroundings of this process.</summary>
    public static Surroundings OfProcess()
    {
        // A library that merely asks for Console.Out would have the terminal's keypad switched and terminfo loaded.
        Console.SetOut(TextWriter.Null);
        Console.SetError(TextWriter.Null);
        var output = Console.IsOutputRedirected ? Console.OpenStandardOutput() : OfTerminal(1, FileAccess.Write);
        var error = Console.IsErrorRedirected ? Console.OpenStandardError() : OfTerminal(2, FileAccess.Write);
        return new Surroundings
        {
            RawOut = output,
            Out = new StreamWriter(output, new UTF8Encoding(false), 16 * 1024) { AutoFlush = false },
            Error = new StreamWriter(error, new UTF8Encoding(false), 1024) { AutoFlush = true },
            Input = Console.IsInputRedirected ? Console.OpenStandardInput() : OfTerminal(0, FileAccess.Read),
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }

    // On a terminal the streams of System.Console edit lines, take Ctrl-C for themselves and change its modes; a guest
    // wants each key as it is.
    private static FileStream OfTerminal(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);
}
