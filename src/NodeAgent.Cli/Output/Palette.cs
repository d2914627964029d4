using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>What the colours mean.</summary>
internal static class Palette
{
    /// <summary>As it should be.</summary>
    public static Style Good { get; } = new(Color.Green);

    /// <summary>Under way.</summary>
    public static Style Busy { get; } = new(Color.Aqua);

    /// <summary>Wants a look.</summary>
    public static Style Warning { get; } = new(Color.Yellow);

    /// <summary>Broken.</summary>
    public static Style Bad { get; } = new(Color.Red);

    /// <summary>At rest, or beside the point.</summary>
    public static Style Quiet { get; } = new(Color.Grey);

    /// <summary>Headings.</summary>
    public static Style Heading { get; } = new(decoration: Decoration.Bold);
}
