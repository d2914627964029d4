using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class LedgerDamageTests : IDisposable
{
    private const int Vms = 24;
    private const int Events = 240;
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Flipped_bit_anywhere_in_the_file_is_never_used_silently()
    {
        string template = await TemplateAsync(isClosed: true);
        var random = new Random(20_260_301);
        long length = new FileInfo(Database(template)).Length;
        int salvaged = 0;
        for (int round = 0; round < 250; round++)
        {
            long position = random.NextInt64(length);
            string state = Copy(template, $"flip-{round}");
            Flip(Database(state), position, random.Next(8));
            byte[] flipped = await File.ReadAllBytesAsync(Database(state), Cancellation);

            LedgerDamage? damage = await OpenAndCompareAsync(state, $"bit at {position}");

            if (damage is not null)
            {
                salvaged++;
                (await File.ReadAllBytesAsync(damage.KeptAs!, Cancellation)).ShouldBe(flipped);
            }

            Directory.Delete(state, recursive: true);
        }

        salvaged.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Flipped_bit_in_the_first_page_costs_nothing_but_the_rows_it_hits()
    {
        string template = await TemplateAsync(isClosed: true);
        var random = new Random(7);
        for (int round = 0; round < 60; round++)
        {
            string state = Copy(template, $"first-{round}");
            int position = random.Next(4_096);
            Flip(Database(state), position, random.Next(8));

            LedgerDamage? damage = await OpenAndCompareAsync(state, $"bit at {position}");

            (damage?.Salvaged.Single(static count => count.Table == "vms").Carried ?? Vms).ShouldBe(Vms, $"bit at {position}");
        }
    }

    [Fact]
    public async Task Flipped_bit_in_the_log_file_loses_no_acknowledged_row_beside_the_one_it_hits()
    {
        string template = await TemplateAsync(isClosed: false);
        var random = new Random(11);
        long length = new FileInfo(Database(template) + "-wal").Length;
        length.ShouldBeGreaterThan(100_000);
        for (int round = 0; round < 120; round++)
        {
            long position = random.NextInt64(length);
            string state = Copy(template, $"log-{round}");
            Flip(Database(state) + "-wal", position, random.Next(8));

            LedgerDamage? damage = await OpenAndCompareAsync(state, $"bit at {position}");

            damage.ShouldNotBeNull($"bit at {position}");
            Directory.Delete(state, recursive: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Truncation_at_every_page_is_found(bool isClosed)
    {
        string template = await TemplateAsync(isClosed);
        long pages = new FileInfo(Database(template)).Length / 4_096;
        for (long page = 0; page < pages; page++)
        {
            string state = Copy(template, $"cut-{page}");
            Cut(Database(state), page * 4_096);

            LedgerDamage? damage = await OpenAndCompareAsync(state, $"cut to {page} pages");

            // While the log holds every page, what the file holds is of no consequence, except for its header.
            (damage is null && isClosed).ShouldBeFalse($"cut to {page} pages");
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task Truncation_of_the_log_anywhere_is_found()
    {
        string template = await TemplateAsync(isClosed: false);
        long length = new FileInfo(Database(template) + "-wal").Length;
        var random = new Random(3);
        for (long cut = 0; cut < length; cut += 4_120 * random.Next(1, 4) + random.Next(0, 2) * random.Next(1, 4_000))
        {
            string state = Copy(template, $"log-{cut}");
            Cut(Database(state) + "-wal", cut);

            (await OpenAndCompareAsync(state, $"log cut to {cut}")).ShouldNotBeNull($"log cut to {cut}");
            Directory.Delete(state, recursive: true);
        }
    }

    [Fact]
    public async Task Missing_log_is_found_even_without_the_mark()
    {
        string state = Copy(await TemplateAsync(isClosed: false), "gone");
        File.Delete(Database(state) + "-wal");
        File.Delete(Path.Combine(state, "ledger.mark"));

        // Nothing was ever copied back here: the file itself still says that it was closed in order, after its creation.
        LedgerOpened opened = Open(Options(state));
        await opened.Ledger.DisposeAsync();
        opened.Contents.Vms.ShouldBeEmpty();

        string withBase = Copy(await TemplateAsync(isClosed: true), "base");
        await using (NodeLedger ledger = Open(Options(withBase)).Ledger)
        {
            await CheckpointedAsync(ledger);
            CopyFiles(withBase, Path.Combine(_directory.Path, "crashed"));
        }

        string crashed = Path.Combine(_directory.Path, "crashed");
        File.Delete(Database(crashed) + "-wal");
        File.Delete(Path.Combine(crashed, "ledger.mark"));
        LedgerDamage? damage = await OpenAndCompareAsync(crashed, "log missing");
        damage.ShouldNotBeNull().Salvaged.Single(static count => count.Table == "vms").Carried.ShouldBe(Vms);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("text")]
    [InlineData("missing")]
    public async Task File_that_is_no_ledger_is_kept_aside_and_a_new_one_made(string what)
    {
        string state = Copy(await TemplateAsync(isClosed: true), what);
        byte[] garbage = new byte[50_000];
        new Random(5).NextBytes(garbage);
        switch (what)
        {
            case "empty":
                Cut(Database(state), 0);
                break;
            case "garbage":
                await File.WriteAllBytesAsync(Database(state), garbage, Cancellation);
                break;
            case "text":
                await File.WriteAllTextAsync(Database(state), "not a database\n", Cancellation);
                break;
            default:
                File.Delete(Database(state));
                break;
        }

        byte[]? before = File.Exists(Database(state)) ? await File.ReadAllBytesAsync(Database(state), Cancellation) : null;

        LedgerDamage damage = (await OpenAndCompareAsync(state, what)).ShouldNotBeNull();

        damage.Findings.ShouldNotBeEmpty();
        (damage.KeptAs is null ? null : await File.ReadAllBytesAsync(damage.KeptAs, Cancellation)).ShouldBe(before);
        await using NodeLedger ledger = Open(Options(state)).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(500)));
    }

    [Fact]
    public async Task Spec_that_was_changed_behind_our_back_is_told_and_its_run_kept()
    {
        string state = Copy(await TemplateAsync(isClosed: true), "spec");
        byte[] file = await File.ReadAllBytesAsync(Database(state), Cancellation);
        int at = file.AsSpan().IndexOf("\"memory\":7,"u8);
        file[at + 9] = (byte)'8';
        await File.WriteAllBytesAsync(Database(state), file, Cancellation);

        LedgerOpened opened = Open(Options(state));
        await using NodeLedger ledger = opened.Ledger;

        opened.Contents.Vms.Length.ShouldBe(Vms - 1);
        LedgerDamage damage = opened.Damage.ShouldNotBeNull();
        damage.UnreadableVms.ShouldHaveSingleItem().Values[1].ShouldBe("vm-7");
        damage.OrphanRuns.ShouldBe([Run(7, 7)]);
        (await ledger.Events.ReadAllAsync()).Events[^1].Fact.Kind.ShouldBe(LedgerEvent.SalvagedKind);
    }

    [Fact]
    public async Task Salvaged_ledger_has_another_id_and_a_later_epoch_and_opens_without_complaint()
    {
        string state = Copy(await TemplateAsync(isClosed: true), "again");
        (Guid id, long epoch) = await IdentityAsync(state);
        Flip(Database(state), 18, 0);

        LedgerOpened opened = Open(Options(state));
        await opened.Ledger.DisposeAsync();

        opened.Damage.ShouldNotBeNull();
        opened.Ledger.Id.ShouldNotBe(id);
        opened.Ledger.Epoch.ShouldBeGreaterThan(epoch);
        (await OpenAndCompareAsync(state, "again")).ShouldBeNull();
    }

    [Fact]
    public async Task Interrupted_salvage_is_finished()
    {
        string state = Copy(await TemplateAsync(isClosed: false), "interrupted");
        string other = Copy(await TemplateAsync(isClosed: true), "other");
        (Guid id, _) = await IdentityAsync(other);
        // As a crash leaves it after the new ledger was complete: the damaged one still in place, with its log.
        File.Move(Database(other), Database(state) + ".salvaged");
        Cut(Database(state), 5_000);

        LedgerOpened opened = Open(Options(state));
        await using NodeLedger ledger = opened.Ledger;

        ledger.Id.ShouldBe(id);
        opened.Contents.Vms.Length.ShouldBe(Vms);
        File.Exists(Database(state) + ".salvaged").ShouldBeFalse();
    }

    private static string Database(string state) => Path.Combine(state, "ledger.db");

    private static void Flip(string path, long position, int bit)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = position;
        int value = file.ReadByte();
        file.Position = position;
        file.WriteByte((byte)(value ^ (1 << bit)));
    }

    private static void Cut(string path, long length)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.SetLength(length);
    }

    private static async Task<(Guid Id, long Epoch)> IdentityAsync(string state)
    {
        await using NodeLedger ledger = Open(Options(state)).Ledger;
        return (ledger.Id, ledger.Epoch);
    }

    private static VmRow LongVm(int n) => Vm(n, $$"""{"name":"vm-{{n}}","memory":{{n}},"fill":"{{new string('x', 300 * (n % 20))}}"}""");

    private static LedgerWrite[] Filling(int n) =>
    [
        new InsertVm(LongVm(n)), new PutRun(Run(n, n)), new PutIntent(Intent(n, n)), new PutOperation(Operation(n)),
        new PutOperation(Operation(100 + n, OperationState.Succeeded)), new ClaimKey(Key($"r-{n}", n)),
    ];

    /// <summary>A filled state directory: closed in order, or as a kill would leave it with everything still in the log.</summary>
    private async Task<string> TemplateAsync(bool isClosed)
    {
        string live = Path.Combine(_directory.Path, $"live-{isClosed}-{Guid.NewGuid():N}");
        string template = live + "-copy";
        var options = Options(live);
        await using (NodeLedger ledger = Open(options).Ledger)
        {
            for (int n = 0; n < Vms; n++)
            {
                await ledger.CommitAsync(new LedgerBatch(
                    [.. Filling(n), .. Enumerable.Range(n * Events / Vms, Events / Vms).Select(static i => Event(i + 1))]));
            }

            if (!isClosed)
            {
                CopyFiles(live, template);
            }
        }

        if (isClosed)
        {
            CopyFiles(live, template);
        }

        return template;
    }

    private static async Task CheckpointedAsync(NodeLedger ledger)
    {
        while (ledger.Counters.Checkpoints == 0)
        {
            await ledger.CommitAsync(new DeleteRun(Guid.NewGuid()));
            await Task.Delay(20, Cancellation);
        }
    }

    private string Copy(string template, string name)
    {
        string copy = Path.Combine(_directory.Path, name);
        CopyFiles(template, copy);
        return copy;
    }

    private static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from).Where(static f => !f.EndsWith("-shm", StringComparison.Ordinal) && !f.EndsWith("lock", StringComparison.Ordinal)))
        {
            using FileStream source = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream target = File.Create(Path.Combine(to, Path.GetFileName(file)));
            source.CopyTo(target);
        }
    }

    /// <summary>Opens and asserts that whatever is given out is what was put in, and complete unless damage is reported.</summary>
    private static async Task<LedgerDamage?> OpenAndCompareAsync(string state, string what)
    {
        LedgerOpened opened = TryOpen(Options(state)).ShouldBeOfType<LedgerOpened>(what);
        await using NodeLedger ledger = opened.Ledger;
        LedgerContents contents = opened.Contents;
        contents.Vms.ShouldAllBe(vm => vm == LongVm(BitConverter.ToInt32(vm.Id.ToByteArray())));
        contents.Runs.ShouldAllBe(run => run == Run(Number(run.RunId) - 1_000, Number(run.RunId) - 1_000));
        contents.Intents.ShouldAllBe(intent => intent == Intent(Number(intent.VmId), Number(intent.VmId)));
        contents.Unfinished.ShouldAllBe(operation => operation == Operation(Number(operation.Id) - 2_000));
        if (opened.Damage is null)
        {
            contents.Vms.Length.ShouldBe(Vms, what);
            contents.Runs.Length.ShouldBe(Vms, what);
            contents.Intents.Length.ShouldBe(Vms, what);
            contents.Unfinished.Length.ShouldBe(Vms, what);
            ledger.Events.Newest.Sequence.ShouldBeGreaterThanOrEqualTo(Events, what);
            for (int n = 0; n < Vms; n++)
            {
                // Unreadable is an answer; absent would let the request run twice.
                KeyRow? key = await new KeyProbe(ledger).FindAsync($"r-{n}");
                key.ShouldBe(Key($"r-{n}", n), what);
            }
        }

        EventPage page = await ledger.Events.ReadAllAsync();
        long expected = ledger.Events.Oldest.Sequence;
        foreach (LedgerEvent item in page.Events)
        {
            item.Sequence.ShouldBe(++expected, what);
            bool isMarker = item.Fact.Kind is LedgerEvent.UnreadableKind or LedgerEvent.SalvagedKind;
            (isMarker || item.Fact == Event((int)item.Sequence).Fact).ShouldBeTrue(what);
        }

        return opened.Damage;
    }

    private static int Number(Guid id) => BitConverter.ToInt32(id.ToByteArray());

    /// <summary>Looks a key up as a request would: by claiming it.</summary>
    private sealed class KeyProbe(NodeLedger ledger)
    {
        public async Task<KeyRow?> FindAsync(string requestId)
        {
            try
            {
                LedgerCommit commit = await ledger.CommitAsync(new LedgerBatch(new ClaimKey(Key(requestId, 0))));
                return commit is RefusedCommit { Refusal: KeyTaken taken } ? taken.Winner : null;
            }
            catch (LedgerException unreadable) when (unreadable.Reason == LedgerReason.Internal)
            {
                return Key(requestId, int.Parse(requestId[2..], System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }
}
