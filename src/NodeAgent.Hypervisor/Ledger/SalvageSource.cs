using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What could be read of a damaged ledger.</summary>
internal sealed record SalvageSource(
    SalvageTable<MetaRow> Meta, SalvageTable<VmRow> Vms, SalvageTable<RunRow> Runs, SalvageTable<IntentRow> Intents,
    SalvageTable<OperationRow> Operations)
{
    private const int PageCountOffset = 28;

    public required SalvageTable<KeyRow> Keys { get; init; }

    public required SalvageTable<LedgerEvent> Events { get; init; }

    public required SalvageTable<AuditRecord> Audit { get; init; }

    private int RowCount => Meta.Rows.Count() + Vms.Rows.Count() + Runs.Rows.Count() + Intents.Rows.Count()
        + Operations.Rows.Count() + Keys.Rows.Count() + Events.Rows.Count() + Audit.Rows.Count();

    /// <summary>Reads a copy of the damaged file, which is changed in the attempt.</summary>
    public static SalvageSource Read(string path, LedgerSchema schema)
    {
        SalvageSource asItIs = ReadOnce(path);
        if (asItIs.Meta.IsComplete && asItIs.Vms.IsComplete && asItIs.Events.IsComplete)
        {
            return asItIs;
        }

        // The first page says where each table begins. Two ledgers of one schema version begin theirs at the same
        // places, so the first page of a fresh one opens a file whose own is lost.
        TransplantFirstPage(path, schema);
        SalvageSource transplanted = ReadOnce(path);
        return transplanted.RowCount > asItIs.RowCount ? transplanted : asItIs;
    }

    /// <summary>Makes SQLite take the file as one without a log and with as many pages as it is long.</summary>
    public static void MakePlain(Span<byte> header, long length)
    {
        header[DatabaseHeader.FileFormatOffset] = 1;
        header[DatabaseHeader.FileFormatOffset + 1] = 1;
        BinaryPrimitives.WriteInt32BigEndian(header[PageCountOffset..], (int)(length / LedgerSchema.PageSize));
    }

    private static SalvageSource ReadOnce(string path)
    {
        using LedgerDatabase? database = TryOpen(path);
        using LedgerDatabase source = database ?? LedgerDatabase.Open(":memory:", readOnly: false);
        return new SalvageSource(
            new(source, MetaRow.Format), new(source, VmRow.Format), new(source, RunRow.Format),
            new(source, IntentRow.Format), new(source, OperationRow.Format))
        {
            Keys = new(source, KeyRow.Format),
            Events = new(source, LedgerEvent.Format),
            Audit = new(source, AuditRecord.Format),
        };
    }

    private static LedgerDatabase? TryOpen(string path)
    {
        try
        {
            return LedgerDatabase.Open(path, readOnly: false);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static void TransplantFirstPage(string path, LedgerSchema schema)
    {
        string donor = path + "-donor";
        LedgerSeed.Create(donor, schema, static _ => { });
        byte[] page = File.ReadAllBytes(donor)[..LedgerSchema.PageSize];
        File.Delete(donor);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        MakePlain(page, file.Length);
        file.Write(page);
    }
}
