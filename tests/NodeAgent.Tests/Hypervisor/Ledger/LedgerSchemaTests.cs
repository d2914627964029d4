using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class LedgerSchemaTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Older_file_is_taken_forward_step_by_step_with_its_contents()
    {
        await FillAsync();

        LedgerOpened opened = OpenWith(LedgerSchema.Current.With(
            "CREATE TABLE extra (n INTEGER); INSERT INTO extra VALUES (1);", "UPDATE extra SET n = n + 1;"))
            .ShouldBeOfType<LedgerOpened>();
        await opened.Ledger.DisposeAsync();

        opened.Damage.ShouldBeNull();
        opened.Contents.Vms.ShouldBe([Vm(1)]);
        Ask("PRAGMA user_version").ShouldBe(LedgerSchema.Current.Version + 2L);
        Ask("SELECT n FROM extra").ShouldBe(2L);
    }

    [Fact]
    public async Task Step_that_fails_leaves_the_version_before_it()
    {
        await FillAsync();

        OpenWith(LedgerSchema.Current.With("CREATE TABLE extra (n INTEGER);", "CREATE TABLE half (n INTEGER); INSERT INTO nowhere VALUES (1);"))
            .ShouldBeOfType<LedgerUnusable>().Message.ShouldContain("nowhere");

        Ask("PRAGMA user_version").ShouldBe(LedgerSchema.Current.Version + 1L);
        Ask("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").ShouldBe(0L);
        OpenWith(LedgerSchema.Current.With("CREATE TABLE extra (n INTEGER);")).ShouldBeOfType<LedgerOpened>()
            .Contents.Vms.ShouldBe([Vm(1)]);
    }

    [Fact]
    public async Task Newer_file_is_refused_and_left_as_it_is()
    {
        await FillAsync();
        await OpenWith(LedgerSchema.Current.With("CREATE TABLE extra (n INTEGER);")).ShouldBeOfType<LedgerOpened>()
            .Ledger.DisposeAsync();
        byte[] before = Hash();

        TryOpen(Options(_directory)).ShouldBe(
            new LedgerTooNew(LedgerSchema.Current.Version + 1, LedgerSchema.Current.Version));

        Hash().ShouldBe(before);
    }

    [Fact]
    public async Task Newer_version_that_is_still_in_the_log_is_refused_too()
    {
        await FillAsync();
        string crashed = Path.Combine(_directory.Path, "crashed");
        Directory.CreateDirectory(crashed);
        await using (OpenWith(LedgerSchema.Current.With("CREATE TABLE extra (n INTEGER);")).ShouldBeOfType<LedgerOpened>().Ledger)
        {
            foreach (string name in (string[])["ledger.db", "ledger.db-wal"])
            {
                File.Copy(Path.Combine(_directory.Path, name), Path.Combine(crashed, name));
            }
        }

        TryOpen(Options(crashed)).ShouldBeOfType<LedgerTooNew>();
    }

    private LedgerOpenResult OpenWith(LedgerSchema schema) =>
        new LedgerOpening(Options(_directory), schema, TimeProvider.System, NullLogger.Instance).Open();

    private async Task FillAsync()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));
    }

    private byte[] Hash() => SHA256.HashData(File.ReadAllBytes(Path.Combine(_directory.Path, "ledger.db")));

    private object? Ask(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_directory.Path, "ledger.db")};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
