using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>One connection to a ledger file, with small caches: the whole agent is to stay below 35 MiB.</summary>
internal sealed class LedgerDatabase : IDisposable
{
    private const int DatabaseStatusCacheWrite = 9;
    private readonly SqliteConnection _connection;
    private readonly List<LedgerStatement> _statements = [];

    private LedgerDatabase(SqliteConnection connection) => _connection = connection;

    /// <summary>Whether a transaction is open. SQLite rolls back by itself on some errors, such as a full disk.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_connection.Handle!) == 0;

    /// <summary>Opens the file; a writer creates it when it is missing.</summary>
    /// <exception cref="SqliteException">The file can't be opened, or is no database.</exception>
    public static LedgerDatabase Open(string path, bool readOnly)
    {
        SqliteLibrary.Bind();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            // Seconds that a busy file is retried. Only this process uses it, so busy is a rare and short thing.
            DefaultTimeout = 5,
        }.ToString());
        var database = new LedgerDatabase(connection);
        try
        {
            connection.Open();
            database.Execute("PRAGMA cache_size = -256; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Execute(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public object? Scalar(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>All rows of a query that is asked once, each as its column values.</summary>
    public List<object?[]> Rows(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            reader.GetValues(row!);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>A statement that is prepared when it is first used and lives as long as the connection.</summary>
    public LedgerStatement Prepare(string sql)
    {
        var statement = new LedgerStatement(_connection.CreateCommand(), sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Pages written since this was last asked; while no checkpoint runs, that is growth of the log file.</summary>
    public int TakePagesWritten()
    {
        raw.sqlite3_db_status(_connection.Handle!, DatabaseStatusCacheWrite, out int pages, out _, 1);
        return pages;
    }

    public void Dispose()
    {
        foreach (LedgerStatement statement in _statements)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }
}
