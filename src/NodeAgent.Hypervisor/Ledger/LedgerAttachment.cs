using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Data.Sqlite;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A ledger file that was found to be sound, with what it holds.</summary>
internal sealed record LedgerAttachment(LedgerDatabase Database, string Path, string MarkPath)
{
    private static readonly string[] VitalTables = ["meta", "vms", "vm_runs", "intents"];

    public required LedgerContents Contents { get; init; }

    public required Guid Id { get; init; }

    public required long Epoch { get; init; }

    public required long LastCommit { get; init; }

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

        bool isClean = meta.GetValueOrDefault(MetaRow.Clean) == "1";
        if (!isClean && isLogMissing)
        {
            findings.Add("the log file is missing although the ledger was not closed in order");
        }

        CompareMark(LedgerMark.Read(options.MarkPath), id, commit, findings);
        CheckStructure(database, isClean, findings);
        if (findings.Count == 0)
        {
            schema.Migrate(database, (int)(long)database.Scalar("PRAGMA user_version")!);
        }

        var contents = new LedgerContents(
            ReadAll(database, VmRow.Format, "vms", findings),
            ReadAll(database, RunRow.Format, "vm_runs", findings),
            ReadAll(database, IntentRow.Format, "intents", findings),
            ReadAll(database, OperationRow.Format, "operations WHERE ended IS NULL", findings),
            database.Scalar("SELECT max(number) FROM operations") as long? ?? 0);
        return findings.Count > 0 ? null : new LedgerAttachment(database, options.DatabasePath, options.MarkPath)
        {
            Contents = contents,
            Id = id,
            Epoch = epoch,
            LastCommit = commit,
        };
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

    private static void CheckStructure(LedgerDatabase database, bool isClean, List<string> findings)
    {
        foreach (string table in VitalTables)
        {
            AddProblems(database, $"PRAGMA integrity_check({table})", findings);
        }

        if (!isClean)
        {
            AddProblems(database, "PRAGMA quick_check(1)", findings);
        }
    }

    private static void AddProblems(LedgerDatabase database, string check, List<string> findings) =>
        findings.AddRange(database.Rows(check).Select(static row => row[0]?.ToString() ?? "?").Where(static text => text != "ok"));

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
