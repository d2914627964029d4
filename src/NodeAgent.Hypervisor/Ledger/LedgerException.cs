using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The ledger could not do what it was asked for; nothing of the request was acknowledged.</summary>
public sealed class LedgerException : Exception
{
    // Primary and extended result codes, https://www.sqlite.org/rescode.html.
    private const int SqliteReadOnly = 8;
    private const int SqliteIoError = 10;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;
    private const int SqliteNotADatabase = 26;
    private const int SqliteIoErrorSharedMemorySize = SqliteIoError | (19 << 8);

    /// <summary>Makes the exception.</summary>
    /// <param name="reason">The reason, which decides how a caller is answered.</param>
    /// <param name="message">What happened, for a person.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public LedgerException(LedgerReason reason, string message, Exception? innerException = null)
        : base(message, innerException) => Reason = reason;

    /// <summary>The reason, which decides how a caller is answered.</summary>
    public LedgerReason Reason { get; }

    /// <summary>Whether the disk's state is the cause, so that the same write can succeed later.</summary>
    public bool IsDisk => Reason is LedgerReason.DiskFull or LedgerReason.DiskFailed;

    internal static LedgerException From(SqliteException error) =>
        new(ReasonOf(error), $"ledger: SQLite {error.SqliteExtendedErrorCode}: {error.Message}", error);

    internal static LedgerReason ReasonOf(SqliteException error) =>
        (error.SqliteErrorCode, error.SqliteExtendedErrorCode) switch
        {
            (SqliteFull, _) or (_, SqliteIoErrorSharedMemorySize) => LedgerReason.DiskFull,
            (SqliteIoError or SqliteCannotOpen or SqliteReadOnly, _) => LedgerReason.DiskFailed,
            (SqliteCorrupt or SqliteNotADatabase, _) => LedgerReason.Damaged,
            _ => LedgerReason.Internal,
        };
}
