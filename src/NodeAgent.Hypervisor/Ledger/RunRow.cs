namespace NodeAgent.Hypervisor.Ledger;

/// <summary>One run of a VM: the boot contract that re-attachment relies on.</summary>
/// <param name="RunId">Identifies the run.</param>
/// <param name="VmId">The VM that runs; deleting the VM deletes its runs.</param>
/// <param name="Contract">
/// Host boot id, process id and start time, QEMU binary, arguments, machine version, CPU, device addresses; serialised
/// by the caller, opaque here.
/// </param>
/// <param name="Recorded">When this was recorded.</param>
public sealed record RunRow(Guid RunId, Guid VmId, string Contract, DateTimeOffset Recorded)
{
    internal static readonly RowFormat<RunRow> Format = new(
        "vm_runs",
        ["run_id", "vm_id", "contract", "recorded"],
        static row => [RowValue.Of(row.RunId), RowValue.Of(row.VmId), row.Contract, RowValue.Of(row.Recorded)],
        static values => new RunRow(
            RowValue.Id(values[0]), RowValue.Id(values[1]), RowValue.Text(values[2]), RowValue.Time(values[3])));
}
