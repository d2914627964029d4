using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ReferenceManager.Storage;

/// <summary>
/// One SQLite file with one writer. What queues while a transaction is synced goes into the next one together: two
/// hundred nodes that tell events at once cost a handful of syncs and not two hundred.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    private const int GroupLimit = 256;
    private readonly Channel<DatabaseWrite> _queue = Channel.CreateBounded<DatabaseWrite>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly string _source;
    private readonly SqliteConnection _writer;
    private readonly Task _loop;
    private long _commits;

    static Database() => SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_sqlite3());

    public Database(string path)
    {
        _source = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
        _writer = Open();
        Schema.Create(_writer);
        _loop = Task.Run(WriteAsync);
    }

    /// <summary>Transactions since the start.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Writes; completes when it is on the disk. All that the function does is done, or nothing of it.</summary>
    public async Task<T> CommitAsync<T>(Func<SqliteConnection, T> write)
    {
        var item = new DatabaseWrite<T>(write);
        await _queue.Writer.WriteAsync(item);
        return await item.Done;
    }

    /// <summary>As the other one, without a result.</summary>
    public Task CommitAsync(Action<SqliteConnection> write) => CommitAsync(connection =>
    {
        write(connection);
        return true;
    });

    /// <summary>Reads what was committed, beside the writer.</summary>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        using var connection = Open();
        return read(connection);
    }

    /// <summary>Writes what is queued, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        await _writer.DisposeAsync();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_source);
        connection.Open();
        return connection;
    }

    private async Task WriteAsync()
    {
        var group = new List<DatabaseWrite>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (group.Count < GroupLimit && _queue.Reader.TryRead(out var item))
            {
                group.Add(item);
            }

            Write(group);
            group.Clear();
        }
    }

    private void Write(List<DatabaseWrite> group)
    {
        try
        {
            _writer.Run("BEGIN IMMEDIATE");
            var done = group.Where(TryRun).ToArray();
            _writer.Run("COMMIT");
            Interlocked.Increment(ref _commits);
            Array.ForEach(done, item => item.Complete());
        }
        catch (SqliteException error)
        {
            // A full or broken disk: nobody of the group may believe that something was written.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_writer.Handle) == 0)
            {
                _writer.Run("ROLLBACK");
            }

            group.ForEach(item => item.Fail(error));
        }
    }

    // A savepoint each, so that one that is refused takes no other with it.
    private bool TryRun(DatabaseWrite item)
    {
        _writer.Run("SAVEPOINT one");
        try
        {
            item.Run(_writer);
            _writer.Run("RELEASE one");
            return true;
        }
        catch (Exception error)
        {
            _writer.Run("ROLLBACK TO one");
            _writer.Run("RELEASE one");
            item.Fail(error);
            return false;
        }
    }
}
