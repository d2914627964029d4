namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A fact about the ledger itself, or about the node.</summary>
internal sealed record MetaRow(string Key, string Value)
{
    public const string LedgerId = "ledger_id";

    /// <summary>How often this ledger was opened for writing.</summary>
    public const string Epoch = "epoch";

    /// <summary>Counts transactions; see <see cref="LedgerMark"/>.</summary>
    public const string Commit = "commit";

    /// <summary>The schema version, a second witness beside the one in the file's header.</summary>
    public const string Schema = "schema";

    /// <summary>Checksum of the tables' definitions, see <see cref="LedgerSchema.Fingerprint"/>.</summary>
    public const string Definitions = "definitions";

    /// <summary>1 between an orderly close and the next open.</summary>
    public const string Clean = "clean";

    /// <summary>See <see cref="MaintenanceRow"/>; empty or missing when the node is in service.</summary>
    public const string Maintenance = "maintenance";

    /// <summary>The newest record of the audit log, a second witness beside the log itself; missing before the first.</summary>
    public const string AuditHead = "audit_head";

    /// <summary>The newest record that was trimmed off the audit log; missing before that.</summary>
    public const string AuditAnchor = "audit_anchor";

    internal static readonly RowFormat<MetaRow> Format = new(
        "meta",
        ["key", "value"],
        static row => [row.Key, row.Value],
        static values => new MetaRow(RowValue.Text(values[0]), RowValue.Text(values[1])));
}
