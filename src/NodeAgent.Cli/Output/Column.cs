namespace NodeAgent.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Title">What stands above it.</param>
/// <param name="Value">What it says of a row.</param>
internal sealed record Column<T>(string Title, Func<T, Cell> Value)
{
    /// <summary>Whether it is shown in the wide form only.</summary>
    public bool Wide { get; init; }

    /// <summary>Whether its texts stand at the right, as numbers do.</summary>
    public bool Right { get; init; }

    /// <summary>Whether its texts may be cut where the terminal is too narrow, before others are.</summary>
    public bool Shrinks { get; init; }

    /// <summary>In a stream of rows, the room kept for texts yet to come.</summary>
    public int Room { get; init; }
}
