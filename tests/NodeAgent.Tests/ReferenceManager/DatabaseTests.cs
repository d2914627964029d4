using ReferenceManager.Storage;

namespace NodeAgent.Tests.ReferenceManager;

public sealed class DatabaseTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_queues_while_a_transaction_is_written_shares_the_next()
    {
        await using var database = Open();
        using var hold = new ManualResetEventSlim();
        var first = database.CommitAsync(_ => hold.Wait(TimeSpan.FromSeconds(20)));
        var rest = Enumerable.Range(0, 100).Select(i => database.CommitAsync(connection => Put(connection, i))).ToArray();
        var before = database.Commits;
        hold.Set();

        (await first).ShouldBeTrue();
        await Task.WhenAll(rest);

        (database.Commits - before).ShouldBeInRange(1, 3);
        Keys(database).Count.ShouldBe(100);
    }

    [Fact]
    public async Task One_that_is_refused_takes_no_other_with_it_and_leaves_nothing()
    {
        await using var database = Open();
        using var hold = new ManualResetEventSlim();
        var first = database.CommitAsync(_ => hold.Wait(TimeSpan.FromSeconds(20)));
        var good = database.CommitAsync(connection => Put(connection, 1));
        var bad = database.CommitAsync(connection =>
        {
            Put(connection, 2);
            throw new InvalidOperationException("changed its mind");
        });
        var last = database.CommitAsync(connection => Put(connection, 3));
        hold.Set();

        await Task.WhenAll(first, good, last);
        (await Should.ThrowAsync<InvalidOperationException>(bad)).Message.ShouldBe("changed its mind");
        Keys(database).ShouldBe(["1", "3"]);
    }

    [Fact]
    public async Task What_was_committed_is_there_after_a_restart()
    {
        await using (var database = Open())
        {
            await database.CommitAsync(connection => Put(connection, 7));
        }

        await using var again = Open();
        Keys(again).ShouldBe(["7"]);
    }

    private Database Open() => new(Path.Combine(_directory.Path, "manager.db"));

    private static void Put(Microsoft.Data.Sqlite.SqliteConnection connection, int key) =>
        connection.Run("INSERT INTO facts VALUES (?1, '')", key.ToString());

    private static List<string> Keys(Database database) =>
        database.Read(connection => connection.All("SELECT key FROM facts ORDER BY key", row => row.GetString(0)));
}
