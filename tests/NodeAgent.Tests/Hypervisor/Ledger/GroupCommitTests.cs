using Microsoft.Data.Sqlite;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class GroupCommitTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Batches_that_wait_share_one_transaction_and_each_keeps_its_own_fate()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));
        long before = ledger.Counters.Commits;
        List<Task<LedgerCommit>> commits = [];

        using (Hold())
        {
            // The first may be taken alone; the writer then waits for the held lock and the others queue.
            commits.AddRange(Enumerable.Range(2, 49).Select(n =>
                ledger.CommitAsync(new LedgerBatch(new InsertVm(n % 10 == 0 ? Vm(n) with { Name = "vm-1" } : Vm(n)), Event(n)))));
        }

        LedgerCommit[] outcomes = await Task.WhenAll(commits);
        (ledger.Counters.Commits - before).ShouldBeInRange(1, 2);
        outcomes.OfType<RefusedCommit>().Count().ShouldBe(5);
        outcomes.OfType<DurableCommit>().Select(static c => c.FirstEvent).ShouldBe(Enumerable.Range(1, 44).Select(n => (long)n));
        ledger.Counters.Batches.ShouldBe(1 + 44);
        ledger.Counters.Refused.ShouldBe(5);
    }

    [Fact]
    public async Task Too_many_waiting_batches_are_refused_and_observed_facts_later_than_requests()
    {
        await using NodeLedger ledger = Open(Options(_directory) with { QueueLimit = 10 }).Ledger;
        await ledger.CommitAsync(Event(0));
        List<Task<LedgerCommit>> accepted = [];
        int refused = 0;

        using (Hold())
        {
            for (int n = 0; n < 600; n++)
            {
                try
                {
                    accepted.Add(ledger.CommitAsync(new LedgerBatch(Event(n))));
                }
                catch (LedgerException e) when (e.Reason == LedgerReason.Overloaded)
                {
                    refused++;
                }
            }

            accepted.Add(ledger.RecordAsync(new LedgerBatch(Event(601))));
        }

        refused.ShouldBeGreaterThan(0);
        (await Task.WhenAll(accepted)).ShouldAllBe(static commit => commit is DurableCommit);
    }

    [Fact]
    public async Task A_state_transition_costs_two_commits()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));
        long before = ledger.Counters.Commits;

        await ledger.CommitAsync(
            new PutOperation(Operation(1)), new PutIntent(Intent(1, 1)), new ClaimKey(Key("r", 1)), Event(1, vm: 1));
        await ledger.RecordAsync(new LedgerBatch(
            new PutOperation(Operation(1, OperationState.Succeeded)), new ClearIntent(Id(1)), new PutRun(Run(1, 1)), Event(2, vm: 1)));

        (ledger.Counters.Commits - before).ShouldBe(2);
    }

    /// <summary>Holds SQLite's write lock, so that the writer can't begin its transaction.</summary>
    private Holder Hold() => new(Path.Combine(_directory.Path, "ledger.db"));

    private sealed class Holder : IDisposable
    {
        private readonly SqliteConnection _connection;

        public Holder(string path)
        {
            _connection = new SqliteConnection($"Data Source={path};Pooling=False");
            _connection.Open();
            Run("BEGIN IMMEDIATE");
        }

        public void Dispose()
        {
            Run("ROLLBACK");
            _connection.Dispose();
        }

        private void Run(string sql)
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
