using NodeAgent.Cli.Output;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary>What a table says of a record.</summary>
internal static class AuditColumns
{
    /// <summary>The columns.</summary>
    public static IReadOnlyList<Column<AuditRecord>> All { get; } =
    [
        new("NUMBER", r => $"{r.Sequence}") { Right = true, Room = 6 },
        new("TIME", r => HumanText.Moment(r.Time)) { Room = 20 },
        new("CALLER", r => HumanText.OrNone(r.Caller)) { Room = 16 },
        new("FROM", r => HumanText.OrNone(r.Source)) { Room = 6 },
        new("WHAT", r => r.Kind is AuditKind.End ? $"{r.Method} ended" : HumanText.OrNone(r.Method)) { Room = 18 },
        new("ON", r => HumanText.OrNone(r.Subject)) { Shrinks = true, Room = 12 },
        new("RESULT", Result) { Room = 10 },
        new("COUNT", r => $"{r.Count}") { Right = true, Wide = true, Room = 5 },
        new("VM", r => HumanText.OrNone(r.VmId)) { Wide = true, Room = 36 },
        new("OPERATION", r => HumanText.OrNone(r.OperationId)) { Wide = true, Room = 36 },
        new("REQUEST", r => HumanText.OrNone(r.RequestId)) { Wide = true, Room = 16 },
        new("HASH", r => RecordHash.Hex(r.Hash)) { Wide = true, Room = 64 },
        new("DETAIL", r => r.Count > 1 ? $"{r.Count} times: {r.Detail}" : r.Detail) { Shrinks = true },
    ];

    private static Cell Result(AuditRecord record) => record.Kind is AuditKind.Unspecified
        ? new Cell("unreadable", Palette.Bad)
        : new Cell(HumanText.OrNone(record.Result), record.Result is "OK" or "" ? Palette.Quiet : Palette.Warning);
}
