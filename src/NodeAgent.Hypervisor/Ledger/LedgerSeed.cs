using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Makes ledger files that hold nothing yet.</summary>
internal static class LedgerSeed
{
    /// <summary>Makes a file with the tables of the current schema, readable by its owner only; replaces one that is there.</summary>
    public static LedgerDatabase CreateFile(string path, LedgerSchema schema)
    {
        foreach (string leftover in (string[])[path, path + "-wal", path + "-shm"])
        {
            File.Delete(leftover);
        }

        new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }).Dispose();
        LedgerDatabase database = LedgerDatabase.Open(path, readOnly: false);
        try
        {
            schema.Create(database);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
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
