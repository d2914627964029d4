using System.Text;

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

    /// <summary>Columns of the terminal.</summary>
    public Func<int> Width { get; init; } = () => 80;

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Switches the terminal to raw mode until disposed.</summary>
    public Func<IDisposable> EnterRawMode { get; init; } = TerminalMode.EnterRaw;

    /// <summary>The surroundings of this process.</summary>
    public static Surroundings OfProcess()
    {
        var output = Console.OpenStandardOutput();
        return new Surroundings
        {
            RawOut = output,
            Out = new StreamWriter(output, new UTF8Encoding(false), 16 * 1024) { AutoFlush = false },
            Error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false), 1024) { AutoFlush = true },
            Input = Console.OpenStandardInput(),
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Width = () => Console.WindowWidth,
            Environment = System.Environment.GetEnvironmentVariable,
        };
    }
}
