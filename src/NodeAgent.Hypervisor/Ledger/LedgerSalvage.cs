using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Sets a damaged ledger aside and makes a new one of what can be read.
/// </summary>
/// <remarks>
/// Can be interrupted anywhere: the damaged files are copied first; the new ledger is made under the name
/// <c>.new</c>; once it is complete it is called <c>.salvaged</c>, and whoever finds a file of that name puts it in
/// place.
/// </remarks>
internal sealed class LedgerSalvage(LedgerOptions options, LedgerSchema schema, TimeProvider time)
{
    private string Log => options.DatabasePath + "-wal";

    private string Work => options.DatabasePath + ".work";

    private string Salvaged => options.DatabasePath + ".salvaged";

    /// <summary>Puts a complete salvaged ledger in place and clears away what an incomplete one left.</summary>
    public void FinishInterrupted()
    {
        foreach (string leftover in (string[])[Work, Work + "-wal", Work + "-shm", Work + "-journal"])
        {
            File.Delete(leftover);
        }

        if (!File.Exists(Salvaged))
        {
            return;
        }

        // The old log and mark belong to the old file; SQLite would play the old log into the new one.
        File.Delete(Log);
        File.Delete(options.DatabasePath + "-shm");
        File.Delete(options.MarkPath);
        File.Move(Salvaged, options.DatabasePath, overwrite: true);
    }

    /// <summary>Replaces the damaged ledger.</summary>
    public LedgerDamage Run(IReadOnlyList<string> findings)
    {
        string? keptAs = SetAside();
        PrepareWorkCopy();
        SalvageSource source = SalvageSource.Read(Work, schema);
        LedgerDamage damage = new SalvageTarget(options.DatabasePath + ".new", schema, time)
            .Write(source, [.. findings], keptAs, LedgerMark.Read(options.MarkPath));
        File.Move(options.DatabasePath + ".new", Salvaged, overwrite: true);
        FinishInterrupted();
        return damage;
    }

    private string? SetAside()
    {
        string stamp = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);
        string kept = $"{options.DatabasePath}.damaged-{stamp}";
        for (int again = 1; File.Exists(kept) || File.Exists(kept + "-wal"); again++)
        {
            kept = $"{options.DatabasePath}.damaged-{stamp}.{again}";
        }

        bool hasFile = CopyIfAny(options.DatabasePath, kept);
        bool hasLog = CopyIfAny(Log, kept + "-wal");
        return hasFile || hasLog ? kept : null;
    }

    private bool CopyIfAny(string from, string to)
    {
        if (!File.Exists(from) || (from == Log && new FileInfo(from).Length == 0))
        {
            return false;
        }

        try
        {
            using FileStream source = File.OpenRead(from);
            using var copy = new FileStream(to, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            source.CopyTo(copy);
            copy.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException)
        {
            // Not enough room: half a copy is no evidence, and the original is still there.
            File.Delete(to);
            throw;
        }
    }

    private void PrepareWorkCopy()
    {
        // Everything that the log holds goes into the copy, so that it can be read as a plain file without one.
        using var work = new FileStream(Work, FileMode.Create, FileAccess.ReadWrite);
        if (File.Exists(options.DatabasePath))
        {
            using FileStream source = File.OpenRead(options.DatabasePath);
            source.CopyTo(work);
        }

        WalFile.ApplyAll(Log, work);
        if (work.Length < DatabaseHeader.Length)
        {
            work.SetLength(LedgerSchema.PageSize);
        }

        var header = new byte[DatabaseHeader.Length];
        work.Position = 0;
        work.ReadExactly(header);
        DatabaseHeader.Repair(header);
        SalvageSource.MakePlain(header, work.Length);
        work.Position = 0;
        work.Write(header);
    }
}
