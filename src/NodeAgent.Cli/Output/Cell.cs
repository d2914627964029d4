using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>A text in a table, with its colour.</summary>
internal readonly record struct Cell(string Text, Style? Style = null)
{
    /// <summary>A text in the terminal's own colour.</summary>
    public static implicit operator Cell(string text) => new(text);
}
