using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class LedgerKillTests : IDisposable
{
    private const string Role = "NODEAGENT_TEST_LEDGER_WRITER";
    private const int Writers = 4;
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_and_nothing_looks_damaged()
    {
        var random = new Random(9);
        long epoch = 0;
        int total = 0;
        for (int round = 0; round < 6; round++)
        {
            HashSet<string> acknowledged = await KillWriterAsync(random.Next(20, 250));
            total += acknowledged.Count;

            LedgerOpened opened = Open(WriterOptions(_directory.Path));
            await using NodeLedger ledger = opened.Ledger;
            opened.Damage.ShouldBeNull();
            ledger.Epoch.ShouldBeGreaterThan(epoch);
            epoch = ledger.Epoch;
            foreach (string key in acknowledged)
            {
                (await ledger.FindKeyAsync("uid:0", key, Cancellation)).ShouldNotBeNull(key);
            }

            EventPage page = await ledger.Events.ReadAllAsync(new EventToken(ledger.Id, ledger.Events.Newest.Sequence - 100));
            page.Events.ShouldNotContain(static e => e.Fact.Kind == LedgerEvent.UnreadableKind);
        }

        total.ShouldBeGreaterThan(100);
    }

    /// <summary>In a child process that a test started, becomes the writer that is going to be killed.</summary>
    [ModuleInitializer]
    internal static void WriteUntilKilled()
    {
        // On this one thread: another that runs code of this module would wait for the initializer to end.
        if (Environment.GetEnvironmentVariable(Role) is { Length: > 0 } state)
        {
            NodeLedger ledger = ((LedgerOpened)TryOpen(WriterOptions(state))).Ledger;
            for (int n = 0; ; n += Writers)
            {
                var commits = new (string Key, Task Commit)[Writers];
                for (int writer = 0; writer < Writers; writer++)
                {
                    string key = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{n + writer}");
                    commits[writer] = (key, ledger.CommitAsync(
                        new LedgerBatch(new ClaimKey(Key(key, n)), Event(n), Event(n))));
                }

                Acknowledge(commits);
            }
        }
    }

    private static void Acknowledge((string Key, Task Commit)[] commits)
    {
        foreach ((string key, Task commit) in commits)
        {
            ((IAsyncResult)commit).AsyncWaitHandle.WaitOne();
            Console.Out.WriteLine(commit.IsCompletedSuccessfully ? key : "failed");
            Console.Out.Flush();
        }
    }

    private static LedgerOptions WriterOptions(string state) => Options(state) with
    {
        EventCount = 300,
        TidyInterval = TimeSpan.FromMilliseconds(20),
        KeyAge = TimeSpan.FromDays(36_500),
    };

    private async Task<HashSet<string>> KillWriterAsync(int milliseconds)
    {
        string program = Environment.ProcessPath!;
        string[] arguments = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(LedgerKillTests).Assembly.Location] : [];
        using Process child = Process.Start(new ProcessStartInfo(program, arguments)
        {
            Environment = { [Role] = _directory.Path },
            RedirectStandardOutput = true,
        })!;
        var acknowledged = new HashSet<string>();
        try
        {
            acknowledged.Add((await child.StandardOutput.ReadLineAsync(Cancellation)).ShouldNotBeNull());
            Task killed = Task.Delay(milliseconds, Cancellation).ContinueWith(
                _ => child.Kill(), Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
            while (await child.StandardOutput.ReadLineAsync(Cancellation) is { } line)
            {
                acknowledged.Add(line);
            }

            await killed;
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill();
            }

            await child.WaitForExitAsync(CancellationToken.None);
        }

        acknowledged.ShouldNotContain("failed");
        return acknowledged;
    }
}
