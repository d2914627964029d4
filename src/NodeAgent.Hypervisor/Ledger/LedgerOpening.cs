using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The way from a state directory to an open ledger: lock → finish an interrupted salvage → look from outside → refuse
/// what is newer → look from inside → salvage if need be → hand over.
/// </summary>
internal sealed partial class LedgerOpening(
    LedgerOptions options, LedgerSchema schema, TimeProvider time, ILogger logger)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int NoSpace = 28;
    private readonly LedgerSalvage _salvage = new(options, schema, time);

    public LedgerOpenResult Open()
    {
        try
        {
            Directory.CreateDirectory(options.StateDirectory, OwnerOnly);
            FileLock? held = FileLock.TryAcquire(options.LockPath, out int? holder);
            if (held is null)
            {
                return new LedgerHeld(options.LockPath, holder);
            }

            LedgerOpenResult? result = null;
            try
            {
                return result = OpenLocked(held);
            }
            finally
            {
                if (result is not LedgerOpened)
                {
                    held.Dispose();
                }
            }
        }
        catch (SqliteException error)
        {
            return new LedgerUnusable(LedgerException.ReasonOf(error), LedgerException.From(error).Message);
        }
        catch (LedgerException error)
        {
            return new LedgerUnusable(error.Reason, error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The framework hands the kernel's errno on as the result code.
            LedgerReason reason = error.HResult == NoSpace ? LedgerReason.DiskFull : LedgerReason.DiskFailed;
            return new LedgerUnusable(reason, $"{options.StateDirectory}: {error.Message}");
        }
    }

    private LedgerOpenResult OpenLocked(FileLock held)
    {
        _salvage.FinishInterrupted();
        var findings = new List<string>();
        LedgerDamage? damage = null;
        LookFromOutside(findings, out int? version, out bool isLogMissing);
        if (version > schema.Version)
        {
            if (LedgerAttachment.ReadSchemaVersion(options.DatabasePath) == version)
            {
                return new LedgerTooNew(version.Value, schema.Version);
            }

            findings.Add("the header's schema version is not the ledger's");
        }

        LedgerAttachment? attached = null;
        if (findings.Count == 0)
        {
            attached = version is null ? Create() : LedgerAttachment.TryAttach(options, schema, isLogMissing, findings);
        }

        if (attached is null)
        {
            LogDamaged(logger, options.DatabasePath, string.Join("; ", findings));
            damage = _salvage.Run(findings);
            findings.Clear();
            attached = LedgerAttachment.TryAttach(options, schema, isLogMissing: false, findings)
                ?? throw new LedgerException(LedgerReason.Damaged, string.Join("; ", findings));
        }

        return new LedgerOpened(
            new NodeLedger(attached.ToFile(held), options, time, logger), attached.Contents, damage);
    }

    private LedgerAttachment? Create()
    {
        LedgerSeed.Create(
            options.DatabasePath + ".new", schema, static database => LedgerSeed.WriteFacts(database, Guid.NewGuid(), epoch: 0));

        // Under its own name a ledger is complete from its first moment, so that an empty one is known to be damaged.
        File.Move(options.DatabasePath + ".new", options.DatabasePath);
        return LedgerAttachment.TryAttach(options, schema, isLogMissing: false, []);
    }

    private void LookFromOutside(List<string> findings, out int? version, out bool isLogMissing)
    {
        var file = new FileInfo(options.DatabasePath);
        WalFile wal = WalFile.Inspect(options.DatabasePath + "-wal");
        version = null;
        isLogMissing = !wal.Exists;
        if (!file.Exists)
        {
            if (wal.Exists || File.Exists(options.MarkPath))
            {
                findings.Add("the ledger's file is missing although the directory was used");
            }

            return;
        }

        var header = new byte[DatabaseHeader.Length];
        using (FileStream stream = file.OpenRead())
        {
            stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        }

        if (!DatabaseHeader.IsOurs(header))
        {
            findings.Add(file.Length == 0 ? "the file is empty" : "the file's header is damaged");
            return;
        }

        version = wal.Version ?? DatabaseHeader.Version(header);
        if (wal.Problem is not null)
        {
            findings.Add(wal.Problem);
        }
        else if (version < 1)
        {
            findings.Add($"the file's schema version {version} never existed");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger {Path} is damaged and will be set aside: {Findings}")]
    private static partial void LogDamaged(ILogger logger, string path, string findings);
}
