using Microsoft.Data.Sqlite;

namespace ReferenceManager.Storage;

/// <summary>Something to be written, and who waits for it.</summary>
internal abstract class DatabaseWrite
{
    /// <summary>Does it, inside the transaction of a group.</summary>
    public abstract void Run(SqliteConnection connection);

    /// <summary>The group is on the disk.</summary>
    public abstract void Complete();

    /// <summary>It was not done.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>A write with a result.</summary>
internal sealed class DatabaseWrite<T>(Func<SqliteConnection, T> write) : DatabaseWrite
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    /// <summary>Completes when the result is durable.</summary>
    public Task<T> Done => _done.Task;

    public override void Run(SqliteConnection connection) => _result = write(connection);

    public override void Complete() => _done.TrySetResult(_result!);

    public override void Fail(Exception error) => _done.TrySetException(error);
}
