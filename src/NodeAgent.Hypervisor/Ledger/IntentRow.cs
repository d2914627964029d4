namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What the agent was about to do with a VM; recovery finishes or undoes it. A VM has at most one.</summary>
/// <param name="VmId">The VM; deleting the VM deletes its intent.</param>
/// <param name="Kind">What was to be done, in the words of the VM's life cycle.</param>
/// <param name="OperationId">The operation that asked for it; null for the agent's own doing.</param>
/// <param name="RunId">The run that it is about, if it is about one.</param>
/// <param name="Phase">How far it had come when it was last recorded.</param>
/// <param name="Recorded">When this was recorded.</param>
public sealed record IntentRow(
    Guid VmId, string Kind, Guid? OperationId, Guid? RunId, string Phase, DateTimeOffset Recorded)
{
    internal static readonly RowFormat<IntentRow> Format = new(
        "intents",
        ["vm_id", "kind", "operation_id", "run_id", "phase", "recorded"],
        static row =>
        [
            RowValue.Of(row.VmId), row.Kind, RowValue.Of(row.OperationId), RowValue.Of(row.RunId), row.Phase,
            RowValue.Of(row.Recorded),
        ],
        static values => new IntentRow(
            RowValue.Id(values[0]), RowValue.Text(values[1]), RowValue.IdOrNull(values[2]), RowValue.IdOrNull(values[3]),
            RowValue.Text(values[4]), RowValue.Time(values[5])));
}
