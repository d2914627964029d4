using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A ledger file that was found to be sound, with what it holds.</summary>
internal sealed record LedgerAttachment(LedgerDatabase Database, string Path, string MarkPath)
{
    public required LedgerContents Contents { get; init; }

    public required Guid Id { get; init; }

    public required long Epoch { get; init; }

    public required long LastCommit { get; init; }

    /// <summary>The record that was trimmed off the audit log last.</summary>
    public required AuditPlace AuditAnchor { get; init; }

    /// <summary>The newest record of the audit log.</summary>
    public required AuditPlace AuditHead { get; init; }

    /// <summary>Opens the file and looks at it from inside.</summary>
    /// <returns>Null when it is damaged; <paramref name="findings"/> tell how.</returns>
    /// <exception cref="SqliteException">The file can't be opened for another reason than damage.</exception>
    public static LedgerAttachment? TryAttach(
        LedgerOptions options, LedgerSchema schema, bool isLogMissing, List<string> findings)
    {
        LedgerDatabase? database = null;
        LedgerAttachment? attached = null;
        try
        {
            database = LedgerDatabase.Open(options.DatabasePath, readOnly: false);
            database.Execute(
                "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; " +
                "PRAGMA secure_delete = FAST;");
            attached = Attach(database, options, schema, isLogMissing, findings);
        }
        catch (SqliteException error) when (LedgerException.ReasonOf(error) is LedgerReason.Damaged or LedgerReason.Internal)
        {
            // Internal: a table or column that is not there, which only damage can bring about at a known version.
            findings.Add($"SQLite {error.SqliteExtendedErrorCode}: {error.Message}");
        }
        finally
        {
            if (attached is null)
            {
                database?.Dispose();
            }
        }

        return attached;
    }

    /// <summary>The schema version that the ledger's own facts tell; null when they can't be read. Changes nothing.</summary>
    public static int? ReadSchemaVersion(string path)
    {
        try
        {
            using LedgerDatabase database = LedgerDatabase.Open(path, readOnly: true);
            string? text = ReadAll(database, MetaRow.Format, "meta", []).FirstOrDefault(static r => r.Key == MetaRow.Schema)?.Value;
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : null;
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    /// <summary>Hands the connection over, with a second one for reading.</summary>
    public LedgerFile ToFile(FileLock held)
    {
        object? oldest = Database.Scalar("SELECT min(seq) FROM events");
        object? newest = Database.Scalar("SELECT max(seq) FROM events");
        return new LedgerFile(Database, new LedgerMark(MarkPath), held)
        {
            ReadDatabase = LedgerDatabase.Open(Path, readOnly: true),
            Id = Id,
            Epoch = Epoch + 1,
            LastCommit = LastCommit,
            OldestEvent = oldest as long? ?? 1,
            NewestEvent = newest as long? ?? 0,
            Audit = new AuditEnds(AuditAnchor, Database.Scalar("SELECT min(seq) FROM audit") as long? ?? AuditHead.Sequence + 1, AuditHead),
        };
    }

    private static LedgerAttachment? Attach(
        LedgerDatabase database, LedgerOptions options, LedgerSchema schema, bool isLogMissing, List<string> findings)
    {
        Dictionary<string, string> meta = ReadAll(database, MetaRow.Format, "meta", findings)
            .ToDictionary(static row => row.Key, static row => row.Value, StringComparer.Ordinal);
        if (!Guid.TryParse(meta.GetValueOrDefault(MetaRow.LedgerId), out Guid id)
            || !TryNumber(meta, MetaRow.Epoch, out long epoch)
            || !TryNumber(meta, MetaRow.Commit, out long commit))
        {
            findings.Add("the ledger's own facts are missing");
            return null;
        }

        if (meta.GetValueOrDefault(MetaRow.Definitions) != LedgerSchema.Fingerprint(database))
        {
            findings.Add("the definitions of the tables are damaged");
            return null;
        }

        bool isClean = meta.GetValueOrDefault(MetaRow.Clean) == "1";
        if (!isClean && isLogMissing)
        {
            findings.Add("the log file is missing although the ledger was not closed in order");
        }

        CompareMark(LedgerMark.Read(options.MarkPath), id, commit, findings);
        // Also after an orderly close: a page that is both free and in use would ruin what is written next. Costs about
        // 0.3 ms for each 1,000 rows.
        findings.AddRange(database.Rows("PRAGMA integrity_check(1)").Select(static row => $"{row[0]}").Where(static text => text != "ok"));
        if (findings.Count == 0)
        {
            schema.Migrate(database, (int)(long)database.Scalar("PRAGMA user_version")!);
        }

        AuditPlace auditHead = AuditHeadOf(database, meta, findings);
        var contents = new LedgerContents(
            ReadAll(database, VmRow.Format, "vms", findings),
            ReadAll(database, RunRow.Format, "vm_runs", findings),
            ReadAll(database, IntentRow.Format, "intents", findings),
            ReadAll(database, OperationRow.Format, "operations WHERE ended IS NULL", findings),
            database.Scalar("SELECT max(number) FROM operations") as long? ?? 0)
        {
            Maintenance = MaintenanceRow.FromText(meta.GetValueOrDefault(MetaRow.Maintenance)),
        };
        return findings.Count > 0 ? null : new LedgerAttachment(database, options.DatabasePath, options.MarkPath)
        {
            Contents = contents,
            Id = id,
            Epoch = epoch,
            LastCommit = commit,
            AuditAnchor = AuditPlace.TryParse(meta.GetValueOrDefault(MetaRow.AuditAnchor)) ?? AuditPlace.Beginning,
            AuditHead = auditHead,
        };
    }

    // What was cut off the end of the log leaves no trace in the log itself.
    private static AuditPlace AuditHeadOf(LedgerDatabase database, Dictionary<string, string> meta, List<string> findings)
    {
        if (findings.Count > 0)
        {
            return AuditPlace.Beginning;
        }

        List<object?[]> newest = database.Rows("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
        AuditPlace found = newest is [[long sequence, string hash]] ? new AuditPlace(sequence, hash) : AuditPlace.Beginning;
        if (found != (AuditPlace.TryParse(meta.GetValueOrDefault(MetaRow.AuditHead)) ?? AuditPlace.Beginning))
        {
            findings.Add("the end of the audit log is not the one that is on record");
        }

        return found;
    }

    private static void CompareMark((Guid LedgerId, long Commit)? mark, Guid id, long commit, List<string> findings)
    {
        if (mark is { } other && other.LedgerId != id)
        {
            findings.Add("the file is not the ledger that this directory had last");
        }
        else if (mark is { } witness && witness.Commit > commit)
        {
            findings.Add($"the last {witness.Commit - commit} acknowledged transactions are missing");
        }
    }

    private static bool TryNumber(Dictionary<string, string> meta, string key, out long number) =>
        long.TryParse(meta.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static ImmutableArray<TRow> ReadAll<TRow>(
        LedgerDatabase database, RowFormat<TRow> format, string from, List<string> findings)
        where TRow : class
    {
        using LedgerStatement select = database.Prepare($"SELECT {format.ColumnList} FROM {from}");
        using SqliteDataReader reader = select.Query();
        ImmutableArray<TRow>.Builder rows = ImmutableArray.CreateBuilder<TRow>();
        int unreadable = 0;
        while (reader.Read())
        {
            if (format.TryRead(reader) is { } row)
            {
                rows.Add(row);
            }
            else
            {
                unreadable++;
            }
        }

        if (unreadable > 0)
        {
            findings.Add($"{unreadable} rows of {format.Table} disagree with their checksum");
        }

        return rows.ToImmutable();
    }
}
