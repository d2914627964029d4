namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A VM as it was asked for.</summary>
/// <param name="Id">The VM's identifier, which is also QEMU's <c>-uuid</c>.</param>
/// <param name="Name">Its human name, unique on this node.</param>
/// <param name="Spec">The specification, serialised by the caller; opaque here.</param>
/// <param name="Generation">Counts changes of the specification, from 1.</param>
/// <param name="Etag">Opaque version of the resource for optimistic concurrency.</param>
/// <param name="Created">When it was created.</param>
/// <param name="Updated">When it was last changed.</param>
public sealed record VmRow(
    Guid Id, string Name, string Spec, long Generation, string Etag, DateTimeOffset Created, DateTimeOffset Updated)
{
    internal static readonly RowFormat<VmRow> Format = new(
        "vms",
        ["id", "name", "spec", "generation", "etag", "created", "updated"],
        static row =>
        [
            RowValue.Of(row.Id), row.Name, row.Spec, row.Generation, row.Etag, RowValue.Of(row.Created),
            RowValue.Of(row.Updated),
        ],
        static values => new VmRow(
            RowValue.Id(values[0]), RowValue.Text(values[1]), RowValue.Text(values[2]), RowValue.Number(values[3]),
            RowValue.Text(values[4]), RowValue.Time(values[5]), RowValue.Time(values[6])));
}
