using NodeAgent.Cli.Output;
using NodeAgent.Cli.Values;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Cli.Operations;

/// <summary>What a table says of an operation.</summary>
internal static class OperationColumns
{
    /// <summary>The columns.</summary>
    public static IEnumerable<Column<Operation>> For(TimeProvider time) =>
    [
        new("OPERATION", o => o.Name),
        new("VERB", o => OperationWait.Metadata(o).Verb),
        new("VM", o => HumanText.OrNone(OperationWait.Metadata(o).VmName)) { Shrinks = true },
        new("STATE", State),
        new("PHASE", o => HumanText.OrNone(OperationWait.Metadata(o).Phase)),
        new("DONE", o => $"{OperationWait.Metadata(o).ProgressPercent} %") { Right = true },
        new("AGE", o => HumanText.Age(OperationWait.Metadata(o).CreateTime, time)) { Right = true },
        new("ERROR", o => o.Error?.Message ?? "") { Shrinks = true },
        new("CALLER", o => HumanText.OrNone(OperationWait.Metadata(o).Caller)) { Wide = true },
        new("REQUEST", o => HumanText.OrNone(OperationWait.Metadata(o).RequestId)) { Wide = true },
    ];

    private static Cell State(Operation operation)
    {
        var state = OperationWait.Metadata(operation).State;
        return new Cell(EnumText.Format(state), state switch
        {
            OperationState.Running => Palette.Busy,
            OperationState.Succeeded => Palette.Good,
            OperationState.Failed => Palette.Bad,
            _ => Palette.Quiet,
        });
    }
}
