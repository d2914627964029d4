using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The tables, as steps from one schema version to the next. The version is SQLite's <c>user_version</c>; a step that
/// was ever released is never edited, a new one is added behind it.
/// </summary>
internal sealed class LedgerSchema(ImmutableArray<string> steps)
{
    /// <summary>SQLite's <c>application_id</c>: "NALg" in ASCII.</summary>
    public const int ApplicationId = 0x4E_41_4C_67;

    public const int PageSize = 4096;

    public static LedgerSchema Current { get; } = new([
        """
        CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE vms (
          id TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE NOT NULL, spec TEXT NOT NULL, generation INTEGER NOT NULL,
          etag TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE vm_runs (
          run_id TEXT PRIMARY KEY NOT NULL, vm_id TEXT NOT NULL REFERENCES vms(id) ON DELETE CASCADE,
          contract TEXT NOT NULL, recorded INTEGER NOT NULL, checksum INTEGER NOT NULL);
        CREATE INDEX vm_runs_by_vm ON vm_runs(vm_id);
        CREATE TABLE intents (
          vm_id TEXT PRIMARY KEY NOT NULL REFERENCES vms(id) ON DELETE CASCADE, kind TEXT NOT NULL,
          operation_id TEXT, run_id TEXT, phase TEXT NOT NULL, recorded INTEGER NOT NULL, checksum INTEGER NOT NULL);
        CREATE TABLE operations (
          number INTEGER PRIMARY KEY NOT NULL, id TEXT UNIQUE NOT NULL, vm_id TEXT, verb TEXT NOT NULL,
          state INTEGER NOT NULL, phase TEXT NOT NULL, progress INTEGER NOT NULL, cancel_requested INTEGER NOT NULL,
          error_reason TEXT, error_message TEXT, error_details TEXT, result TEXT, created INTEGER NOT NULL,
          updated INTEGER NOT NULL, ended INTEGER, request_id TEXT, caller TEXT, epoch INTEGER NOT NULL,
          checksum INTEGER NOT NULL);
        CREATE INDEX operations_by_end ON operations(ended);
        CREATE TABLE idempotency_keys (
          scope TEXT NOT NULL, request_id TEXT NOT NULL, method TEXT NOT NULL, fingerprint TEXT NOT NULL,
          operation_id TEXT, response TEXT, created INTEGER NOT NULL, checksum INTEGER NOT NULL,
          PRIMARY KEY (scope, request_id));
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys(created);
        CREATE TABLE events (
          seq INTEGER PRIMARY KEY NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL, vm_id TEXT,
          payload TEXT NOT NULL, recovered INTEGER NOT NULL, operation_id TEXT, request_id TEXT, caller TEXT,
          checksum INTEGER NOT NULL);
        """,
        """
        CREATE TABLE audit (
          seq INTEGER PRIMARY KEY NOT NULL, time INTEGER NOT NULL, until INTEGER NOT NULL, kind INTEGER NOT NULL,
          count INTEGER NOT NULL, caller TEXT NOT NULL, source TEXT NOT NULL, method TEXT NOT NULL, subject TEXT NOT NULL,
          vm_id TEXT, request_id TEXT NOT NULL, operation_id TEXT, result TEXT NOT NULL, reason TEXT NOT NULL,
          detail TEXT NOT NULL, hash TEXT NOT NULL, checksum INTEGER NOT NULL);
        """,
    ]);

    /// <summary>The version that this agent writes.</summary>
    public int Version => steps.Length;

    /// <summary>This schema with further steps.</summary>
    public LedgerSchema With(params ReadOnlySpan<string> further) => new([.. steps, .. further]);

    /// <summary>
    /// Stands for all definitions and for where each table begins. SQLite reads them as text at each open: a flipped bit
    /// can take a constraint away, or a column, and leave a valid definition.
    /// </summary>
    public static string Fingerprint(LedgerDatabase database) => RowChecksum.Compute(
        "sqlite_schema",
        [.. database.Rows("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid").SelectMany(static row => row)])
        .ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>Takes a file from its version to ours, one transaction a step.</summary>
    public void Migrate(LedgerDatabase database, int from)
    {
        for (int version = from; version < steps.Length; version++)
        {
            string next = (version + 1).ToString(CultureInfo.InvariantCulture);
            database.Execute("BEGIN IMMEDIATE");
            try
            {
                database.Execute(steps[version]);
                using LedgerStatement put = database.Prepare(MetaRow.Format.UpsertSql("key"));
                put.Run(MetaRow.Format.Values(new MetaRow(MetaRow.Schema, next)));
                put.Run(MetaRow.Format.Values(new MetaRow(MetaRow.Definitions, Fingerprint(database))));
                database.Execute($"PRAGMA user_version = {next}");
                database.Execute("COMMIT");
            }
            catch
            {
                if (database.IsInTransaction)
                {
                    database.Execute("ROLLBACK");
                }

                throw;
            }
        }
    }
}
