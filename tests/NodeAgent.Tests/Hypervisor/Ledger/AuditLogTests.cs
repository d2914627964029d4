using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Records_are_numbered_and_tied_to_each_other_over_a_restart()
    {
        await using (NodeLedger ledger = Open(_directory).Ledger)
        {
            await ledger.CommitAsync(Record(1), Record(2));
            await ledger.CommitAsync(Record(3));
        }

        await using NodeLedger again = Open(_directory).Ledger;
        await again.CommitAsync(Record(4));

        var records = await WholeAsync(again, 4);
        records.Select(record => record.Fact.Subject).ShouldBe(["vm-1", "vm-2", "vm-3", "vm-4"]);
        again.Audit.Ends.ShouldBe(new AuditEnds(AuditPlace.Beginning, 1, records[^1].Place));
    }

    [Fact]
    public void Hash_is_the_one_that_the_contract_defines()
    {
        // Computed by another program: sha256 over 32 zero bytes and the texts, each with its length in front.
        var fact = new AuditDraft(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero), AuditKind.Call)
        {
            Caller = "uid:0(root)",
            Source = "unix",
            Method = "VmService/StartVm",
            Subject = "wéb",
            VmId = Id(7),
            RequestId = "r-1",
            Result = "OK",
        };

        AuditChain.HashOf(AuditPlace.Beginning.Hash, 1, fact).ShouldBe("653095565d85a95bed00365f7d50388f48877b2925cff503edaafb175f2d298a");
    }

    [Fact]
    public async Task Batch_that_is_refused_leaves_no_record_and_no_gap()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)), Record(1));
        var entry = new AuditEntry("unix", "VmService/CreateVm", "vm-1");

        (await ledger.RefusalAsync(Record(2) with { Entry = entry }, new InsertVm(Vm(1)))).ShouldBeOfType<VmTaken>();
        entry.IsOnRecord.ShouldBeFalse();
        await ledger.CommitAsync(Record(3) with { Entry = entry });

        entry.IsOnRecord.ShouldBeTrue();
        (await WholeAsync(ledger, 2)).Select(record => record.Fact.Subject).ShouldBe(["vm-1", "vm-3"]);
    }

    [Fact]
    public async Task Refused_and_accepted_batches_of_one_transaction_keep_the_chain()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(0)));
        var all = Enumerable.Range(1, 60).Select(n => ledger.CommitAsync(new LedgerBatch(Record(n), new InsertVm(Vm(n % 3 == 0 ? 0 : n)), Record(n)))).ToArray();
        await Task.WhenAll(all);

        await WholeAsync(ledger, 80);
        ledger.Counters.Commits.ShouldBeLessThan(60);
    }

    [Fact]
    public async Task A_record_and_what_it_is_about_cost_one_sync()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));
        long before = ledger.Counters.Commits;

        await ledger.CommitAsync(new PutOperation(Operation(1)), Event(1), Record(1));

        ledger.Counters.Commits.ShouldBe(before + 1);
    }

    [Fact]
    public async Task Old_records_go_in_steps_and_the_rest_goes_on_from_what_they_leave_behind()
    {
        LedgerOptions options = Options(_directory) with { AuditCount = 100, AuditAge = TimeSpan.FromDays(36_500) };
        AuditPlace anchor;
        await using (NodeLedger ledger = Open(options, _time).Ledger)
        {
            await ledger.CommitAsync([.. Enumerable.Range(1, 1_300).Select(Record)]);
            _time.Advance(TimeSpan.FromMinutes(2));
            await UntilAsync(() => ledger.Audit.Ends.Oldest == 1_201);
            anchor = ledger.Audit.Ends.Anchor;
            anchor.Sequence.ShouldBe(1_200);
            await WholeAsync(ledger, 100);
        }

        await using NodeLedger again = Open(options, _time).Ledger;
        again.Audit.Ends.Anchor.ShouldBe(anchor);
        await again.CommitAsync(Record(1));
        (await WholeAsync(again, 101))[^1].Sequence.ShouldBe(1_301);
    }

    [Fact]
    public async Task Records_go_by_age_and_the_newest_stays()
    {
        LedgerOptions options = Options(_directory) with { AuditAge = TimeSpan.FromDays(1) };
        await using NodeLedger ledger = Open(options, _time).Ledger;
        await ledger.CommitAsync(Record(1), Record(2), Record(3));

        _time.Advance(TimeSpan.FromDays(3));
        await UntilAsync(() => ledger.Audit.Ends.Oldest == 3);

        await WholeAsync(ledger, 1);
    }

    [Fact]
    public async Task What_the_disk_did_not_take_is_written_later_and_what_did_not_fit_is_told()
    {
        using var disk = new SmallDisk(kibibytes: 2_048);
        LedgerOptions options = Options(disk.Path) with { HealInterval = TimeSpan.FromMilliseconds(20), BacklogEventLimit = 3 };
        await using NodeLedger ledger = Open(options).Ledger;
        await ledger.CommitAsync(Record(1));
        disk.Fill();
        await ExhaustAsync(ledger);
        var entry = new AuditEntry("unix", "VmService/StopVm", "vm-2");
        (await ledger.RecordAsync(new LedgerBatch(Record(2) with { Entry = entry }))).ShouldBeOfType<DeferredCommit>();
        entry.IsOnRecord.ShouldBeFalse();
        for (int n = 3; n <= 9; n++)
        {
            await ledger.RecordAsync(new LedgerBatch(Record(n)));
        }

        disk.Free();
        await UntilAsync(() => ledger.Counters.AuditLost > 0);

        entry.IsOnRecord.ShouldBeTrue();
        var records = await WholeAsync(ledger, 5);
        records.Select(record => record.Fact.Subject).ShouldBe(["vm-1", "vm-2", "vm-3", "vm-4", ""]);
        (records[^1].Fact.Method, records[^1].Fact.Count).ShouldBe((AuditRecord.Lost, 5));
        ledger.Counters.AuditLost.ShouldBe(5);
    }

    [Fact]
    public async Task Changed_row_whose_checksum_was_not_mended_is_shown_as_unreadable()
    {
        await FillAsync(5);
        Execute("UPDATE audit SET caller = 'nobody' WHERE seq = 3");

        await using NodeLedger ledger = Open(_directory).Ledger;

        (await ReadAsync(ledger)).Select(record => record.Fact.Kind).ShouldBe(
            [AuditKind.Agent, AuditKind.Agent, AuditKind.Unreadable, AuditKind.Agent, AuditKind.Agent]);
    }

    [Theory]
    [InlineData("DELETE FROM audit WHERE seq >= 4")]
    [InlineData("UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE seq = 5")]
    [InlineData("DELETE FROM meta WHERE key = 'audit_head'")]
    public async Task End_that_was_cut_off_is_found_at_the_next_open_and_no_number_is_given_out_twice(string damage)
    {
        await FillAsync(5);
        Execute(damage);

        LedgerOpened opened = Open(_directory);
        await using NodeLedger ledger = opened.Ledger;

        opened.Damage.ShouldNotBeNull();
        AuditRecord last = (await ReadAsync(ledger))[^1];
        last.Fact.Method.ShouldBe(AuditRecord.Salvaged);
        last.Sequence.ShouldBeGreaterThan(5);
        last.Fact.Detail.ShouldContain("records may be missing");
        await ledger.CommitAsync(Record(9));
        AuditRecord next = (await ReadAsync(ledger))[^1];
        next.Hash.ShouldBe(AuditChain.HashOf(last.Hash, last.Sequence + 1, next.Fact));
    }

    [Fact]
    public async Task Damage_elsewhere_leaves_the_chain_whole_and_is_told_in_it()
    {
        await FillAsync(5, new InsertVm(Vm(1)));
        Execute("UPDATE vms SET spec = 'x'");

        LedgerOpened opened = Open(_directory);
        await using NodeLedger ledger = opened.Ledger;

        opened.Damage.ShouldNotBeNull().Salvaged.Single(count => count.Table == "audit").Carried.ShouldBe(5);
        AuditRecord last = (await WholeAsync(ledger, 6))[^1];
        last.Fact.Method.ShouldBe(AuditRecord.Salvaged);
        last.Fact.Detail.ShouldContain("none is missing");
    }

    [Fact]
    public async Task Row_that_a_salvage_could_not_read_leaves_a_hole()
    {
        await FillAsync(5, new InsertVm(Vm(1)));
        Execute("UPDATE audit SET caller = 'nobody' WHERE seq = 3; UPDATE vms SET spec = 'x'");

        await using NodeLedger ledger = Open(_directory).Ledger;

        (await ReadAsync(ledger)).Select(record => record.Sequence).ShouldBe([1L, 2, 4, 5, 6]);
    }

    [Fact]
    public void Texts_of_others_are_cut_and_made_harmless()
    {
        var bounded = new AuditDraft(Noon, AuditKind.Refusal)
        {
            Subject = new string('é', 200),
            Method = "line\nbreak\u001b[31m\u202e",
            Detail = "half \ud800 whole \U0001F600",
        }.Bounded();

        bounded.Subject.ShouldBe(new string('é', 127) + "…");
        bounded.Method.ShouldBe("line?break?[31m?");
        bounded.Detail.ShouldBe("half \ufffd whole \U0001F600");
    }

    private static AppendAudit Record(int n) => new(new AuditDraft(Noon.AddSeconds(n), AuditKind.Agent) { Caller = "agent", Method = "test", Subject = $"vm-{n}", VmId = Id(n) });

    private static async Task<IReadOnlyList<AuditRecord>> ReadAsync(NodeLedger ledger) => await ledger.Audit.ReadAfterAsync(0, 10_000, Cancellation);

    // Follows the chain from its anchor to its head.
    private static async Task<IReadOnlyList<AuditRecord>> WholeAsync(NodeLedger ledger, int count)
    {
        AuditPlace place = ledger.Audit.Ends.Anchor;
        IReadOnlyList<AuditRecord> records = await ReadAsync(ledger);
        foreach (AuditRecord record in records)
        {
            record.Sequence.ShouldBe(place.Sequence + 1);
            record.Hash.ShouldBe(AuditChain.HashOf(place.Hash, record.Sequence, record.Fact));
            place = record.Place;
        }

        place.ShouldBe(ledger.Audit.Ends.Head);
        records.Count.ShouldBe(count);
        return records;
    }

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private static async Task ExhaustAsync(NodeLedger ledger)
    {
        while (true)
        {
            try
            {
                await ledger.CommitAsync(Event(1, new string('k', 2_000)));
            }
            catch (LedgerException full) when (full.Reason == LedgerReason.DiskFull)
            {
                return;
            }
        }
    }

    private async Task FillAsync(int count, params LedgerWrite[] others)
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync([.. others, .. Enumerable.Range(1, count).Select(Record)]);
    }

    private void Execute(string sql)
    {
        using LedgerDatabase database = LedgerDatabase.Open(Path.Combine(_directory.Path, "ledger.db"), readOnly: false);
        database.Execute(sql);
    }
}
