using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Events;

/// <summary>What a table says of an event.</summary>
internal static class EventColumns
{
    /// <summary>The columns.</summary>
    public static IReadOnlyList<Column<Event>> All { get; } =
    [
        new("NUMBER", e => $"{e.Sequence}") { Right = true, Room = 6 },
        new("TIME", e => HumanText.Moment(e.Time)) { Room = 20 },
        new("SEVERITY", e => new Cell(e.Severity.ToString().ToLowerInvariant(), e.Severity switch
        {
            EventSeverity.Error => Palette.Bad,
            EventSeverity.Warning => Palette.Warning,
            _ => Palette.Quiet,
        })) { Room = 8 },
        new("KIND", e => e.Kind) { Room = 18 },
        new("VM", e => HumanText.OrNone(e.VmName)) { Shrinks = true, Room = 12 },
        new("CALLER", e => HumanText.OrNone(e.Caller)) { Wide = true, Room = 16 },
        new("OPERATION", e => HumanText.OrNone(e.OperationId)) { Wide = true, Room = 36 },
        new("TOKEN", e => e.Token) { Wide = true, Room = 16 },
        new("MESSAGE", e => e.Recovered ? $"{e.Message} (recovered)" : e.Message) { Shrinks = true },
    ];
}
