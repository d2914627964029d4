using Microsoft.Data.Sqlite;

namespace ReferenceManager.Storage;

/// <summary>
/// Everything that a manager has to remember. What is not here is not worth a write: a lease lives in memory, because
/// after a restart of the manager every node says anew that it lives.
/// </summary>
internal static class Schema
{
    private const string Tables =
        """
        -- The fleet's id, which authority issues, the version of the trust bundle.
        CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);

        -- Certificate authorities; the keys are in files. "since" is the first trust bundle that held it.
        CREATE TABLE IF NOT EXISTS authorities (
          number INTEGER PRIMARY KEY, certificate BLOB NOT NULL, trusted INTEGER NOT NULL, since INTEGER NOT NULL);

        -- Every certificate that was ever issued: who may renew, and what can be taken back.
        CREATE TABLE IF NOT EXISTS certificates (
          serial TEXT PRIMARY KEY, role TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, certificate BLOB NOT NULL,
          begins INTEGER NOT NULL, ends INTEGER NOT NULL, authority INTEGER NOT NULL, revoked INTEGER);
        CREATE INDEX IF NOT EXISTS certificates_by_holder ON certificates (role, name);
        CREATE INDEX IF NOT EXISTS certificates_by_key ON certificates (key);

        -- Join tokens by the SHA-256 of their secret; "key" is that of the node that used it.
        CREATE TABLE IF NOT EXISTS tokens (secret TEXT PRIMARY KEY, ends INTEGER NOT NULL, key TEXT);

        -- Enrolments by the node's key: one key, one answer. "id" is what the node waits with.
        CREATE TABLE IF NOT EXISTS enrolments (
          key TEXT PRIMARY KEY, id TEXT UNIQUE NOT NULL, node TEXT NOT NULL, identity BLOB NOT NULL, request BLOB NOT NULL,
          state TEXT NOT NULL, why TEXT NOT NULL, asked INTEGER NOT NULL, serial TEXT);

        -- Nodes and VMs as last known.
        CREATE TABLE IF NOT EXISTS nodes (
          id TEXT PRIMARY KEY, identity BLOB NOT NULL, facts BLOB, trust INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS vms (node TEXT NOT NULL, id TEXT NOT NULL, vm BLOB NOT NULL, PRIMARY KEY (node, id));

        -- Events, by the number that the node's log gave them. The rowid is the order of their arrival here.
        CREATE TABLE IF NOT EXISTS events (
          node TEXT NOT NULL, log TEXT NOT NULL, sequence INTEGER NOT NULL, event BLOB NOT NULL,
          PRIMARY KEY (node, log, sequence));

        -- Up to which number each log was acknowledged, and how many of those events were lost before they came.
        CREATE TABLE IF NOT EXISTS logs (
          node TEXT NOT NULL, log TEXT NOT NULL, acknowledged INTEGER NOT NULL, lost INTEGER NOT NULL, PRIMARY KEY (node, log));
        """;

    /// <summary>Makes what is not there yet.</summary>
    public static void Create(SqliteConnection connection)
    {
        // A commit is on the disk when it returns: an event is acknowledged after it, and the node forgets it.
        connection.Run("PRAGMA journal_mode = WAL");
        connection.Run("PRAGMA synchronous = FULL");
        connection.Run(Tables);
    }
}
