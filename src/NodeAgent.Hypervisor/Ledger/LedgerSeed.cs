using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Makes ledger files that hold nothing yet.</summary>
internal static class LedgerSeed
{
    /// <summary>
    /// Makes a file with the tables of the current schema, readable by its owner only; replaces one that is there. It is
    /// whole, closed and synced when this returns, by a single sync: nobody looks at it before.
    /// </summary>
    public static void Create(string path, LedgerSchema schema, Action<LedgerDatabase> fill)
    {
        foreach (string leftover in (string[])[path, path + "-wal", path + "-shm"])
        {
            File.Delete(leftover);
        }

        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using (LedgerDatabase database = LedgerDatabase.Open(path, readOnly: false))
        {
            database.Execute(
                $"PRAGMA page_size = {LedgerSchema.PageSize}; PRAGMA auto_vacuum = NONE; " +
                $"PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; " +
                $"PRAGMA application_id = {LedgerSchema.ApplicationId};");
            schema.Migrate(database, 0);
            database.Execute("BEGIN IMMEDIATE");
            fill(database);
            database.Execute("COMMIT");
            database.Execute("PRAGMA journal_mode = WAL");
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>Gives the file its identity, as one that was closed in order.</summary>
    public static void WriteFacts(LedgerDatabase database, Guid id, long epoch)
    {
        using LedgerStatement put = database.Prepare(MetaRow.Format.UpsertSql("key"));
        foreach (MetaRow row in (MetaRow[])
        [
            new(MetaRow.LedgerId, id.ToString()),
            new(MetaRow.Epoch, epoch.ToString(CultureInfo.InvariantCulture)),
            new(MetaRow.Commit, "0"),
            new(MetaRow.Clean, "1"),
        ])
        {
            put.Run(MetaRow.Format.Values(row));
        }
    }
}
