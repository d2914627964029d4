using NodeAgent.Cli.Output;
using NodeAgent.V1;
using Spectre.Console;

namespace NodeAgent.Cli.Nodes;

/// <summary>How a condition is shown in a check list.</summary>
/// <param name="Symbol">✓ as it should be, ! works with a loss, ✗ broken, · merely worth knowing.</param>
/// <param name="Style">Its colour.</param>
/// <param name="Severity">0 good, 1 warning, 2 error.</param>
internal sealed record ConditionMark(string Symbol, Style Style, int Severity)
{
    private static readonly ConditionMark Good = new("✓", Palette.Good, 0);
    private static readonly ConditionMark Note = new("·", Palette.Quiet, 0);
    private static readonly ConditionMark Warning = new("!", Palette.Warning, 1);
    private static readonly ConditionMark Error = new("✗", Palette.Bad, 2);

    /// <summary>The mark of a condition. What is not known counts as what it would be if it were false, for nobody can say that it is not.</summary>
    public static ConditionMark Of(Condition condition) => condition switch
    {
        { Status: ConditionStatus.True } => Good,
        { Severity: ConditionSeverity.Error } => Error,
        { Severity: ConditionSeverity.Warning } => Warning,
        _ => Note,
    };
}
