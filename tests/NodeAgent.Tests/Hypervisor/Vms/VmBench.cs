using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>
/// The VM floor on a work bench: real ledger, real processes, FakeQemu with a script of faults in QEMU's place. The
/// agent on it can be let go and begun anew on the same directories, as after a crash.
/// </summary>
internal sealed class VmBench : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _directory = new();
    private readonly Func<IQemuLauncher, IQemuLauncher> _around;
    private readonly string _state;
    private NodeLedger _ledger = null!;

    private VmBench(Func<IQemuLauncher, IQemuLauncher>? around, string? stateDirectory)
    {
        _around = around ?? (launcher => launcher);
        _state = stateDirectory ?? Path.Combine(_directory.Path, "state");
    }

    /// <summary>Called in the middle of each plan: the VM's files have been looked at and are not open yet.</summary>
    public Action OnPlan { get; set; } = () => { };

    /// <summary>Where images may lie.</summary>
    public string Images => _directory.Path;

    /// <summary>The program that is run as QEMU.</summary>
    public string Qemu => Path.Combine(_directory.Path, "qemu");

    public string BootId { get; set; } = "boot-1";

    public VmServices Services { get; private set; } = null!;

    public VmRegistry Registry { get; private set; } = null!;

    public RecoveryReport Recovery { get; private set; } = null!;

    /// <summary>The ledger's clock: whoever stops it stops the ledger's writer, as a disk does that does not sync.</summary>
    public LedgerClock Clock { get; } = new();

    public string Script => Path.Combine(_directory.Path, "script.json");

    /// <param name="faults">FakeQemu's script.</param>
    /// <param name="around">Put around the launcher.</param>
    /// <param name="stateDirectory">Where state lies, if not in a folder of the bench's own.</param>
    public static async Task<VmBench> BeginAsync(
        string faults = "[]", Func<IQemuLauncher, IQemuLauncher>? around = null, string? stateDirectory = null)
    {
        var bench = new VmBench(around, stateDirectory);
        await File.WriteAllTextAsync(bench.Script, faults);
        ShellScript.Write(bench.Qemu, $"#!/bin/bash\nFAKEQEMU_SCRIPT={bench.Script} exec -a \"$0\" {Path.Combine(AppContext.BaseDirectory, "fakeqemu")} \"$@\"\n");
        await bench.OpenAsync();
        return bench;
    }

    /// <summary>An agent begins on these directories.</summary>
    public async Task OpenAsync()
    {
        var opened = (LedgerOpened)NodeLedger.Open(new LedgerOptions { StateDirectory = _state }, Clock, NullLogger.Instance);
        _ledger = opened.Ledger;
        var probe = new QemuProbe(Path.Combine(_state, "cache"), TimeProvider.System, NullLogger<QemuProbe>.Instance);
        var facts = probe.AskAsync(Qemu, new ProbeHost(false, "", ""), refresh: false, CancellationToken.None);
        await facts;
        Services = new VmServices
        {
            Ledger = _ledger,
            Operations = new OperationBook(_ledger, opened.Contents, TimeProvider.System),
            Launcher = _around(new DirectLauncher(BootId)),
            Planner = new BootPlanner(
                () => new ImageRoots([_directory.Path]),
                async _ =>
                {
                    OnPlan();
                    return new BootFacts(await facts, new KvmSuitability(KvmFitness.Unavailable, "not in this test"));
                },
                TimeProvider.System),
            Feed = new VmFeed(),
            Options = new VmOptions
            {
                RunDirectory = Path.Combine(_directory.Path, "run"),
                StateDirectory = _state,
                AdoptTimeout = TimeSpan.FromSeconds(1),
                Monitor = new MonitorOptions { CommandTimeout = TimeSpan.FromSeconds(2), OpenTimeout = TimeSpan.FromSeconds(10) },
            },
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
        Services.Gate.Set(opened.Contents.Maintenance);
        Registry = new VmRegistry(Services);
        Recovery = await new NodeRecovery(Registry, Services, BootId).RunAsync(opened.Contents, CancellationToken.None);
    }

    /// <summary>The agent is gone; its guests are not told.</summary>
    public async Task CloseAsync()
    {
        await Registry.LetGoAsync();
        await _ledger.DisposeAsync();
    }

    public async Task<VmSnapshot> CreateAsync(string name = "web", Func<VmSpec, VmSpec>? change = null, Guid id = default)
    {
        var spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 64 << 20, Accelerator = AcceleratorChoice.Tcg };
        return await Registry.CreateAsync(
            new VmDefinition { Id = id, Name = name, Spec = change?.Invoke(spec) ?? spec },
            new RequestContext("test"), validateOnly: false, CancellationToken.None);
    }

    public async Task<VmSnapshot> ChangeAsync(string vm, Func<VmSpec, VmSpec> change) => await Registry.UpdateAsync(
        vm, null, definition => definition with { Spec = change(definition.Spec) }, new RequestContext("test"), validateOnly: false, CancellationToken.None);

    /// <summary>While no agent is there, something happens to a guest: the script says what, at <c>query-name</c>.</summary>
    public async Task HappensAwayAsync(string vm, RunState until)
    {
        var directory = new RunDirectory(Services.Options.RunDirectory, Registry.Get(vm).Definition.Id);
        await CloseAsync();
        await using (var monitor = await QemuMonitor.AttachAsync(
            directory, Services.Options.Monitor, new MonitorListener((_, _) => true, (_, _) => { }), TimeProvider.System, NullLogger.Instance, CancellationToken.None))
        {
            using var patience = new CancellationTokenSource(Patience);
            await monitor.ExecuteAsync(QmpCommands.QueryName, patience.Token);
            while ((await monitor.ExecuteAsync(QmpCommands.QueryStatus, patience.Token)).Status != until)
            {
                await Task.Delay(10, patience.Token);
            }
        }

        await OpenAsync();
    }

    /// <summary>Asks and waits for the operation's end.</summary>
    public async Task<Operation> DoAsync(string vm, VmVerb verb, string? requestId = null)
    {
        var operation = await Registry.ApplyAsync(vm, verb, new RequestContext("test", requestId, verb.ToString()), CancellationToken.None);
        return (await Services.Operations.WaitAsync(operation.Id, Patience, CancellationToken.None))!;
    }

    /// <summary>Waits until a VM is as wanted.</summary>
    public async Task<VmSnapshot> UntilAsync(string vm, Func<VmSnapshot, bool> wanted)
    {
        using var patience = new CancellationTokenSource(Patience);
        var id = Registry.Get(vm).Definition.Id;
        await foreach (var change in Registry.Feed.Watch(patience.Token))
        {
            if (change is VmChange.Changed { Snapshot: var now } && now.Definition.Id == id && wanted(now))
            {
                return now;
            }
        }

        throw new InvalidOperationException("the watch ended");
    }

    public async Task<IReadOnlyList<LedgerEvent>> EventsAsync()
    {
        var read = await _ledger.Events.ReadAsync(new EventToken(_ledger.Id, 0), EventFilter.All, 1000, CancellationToken.None);
        return read is EventPage page ? [.. page.Events] : throw new InvalidOperationException(read.ToString());
    }

    public async Task<LedgerEvent> UntilEventAsync(string kind)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if ((await EventsAsync()).LastOrDefault(item => item.Fact.Kind == kind) is { } found)
            {
                return found;
            }

            patience.Token.ThrowIfCancellationRequested();
            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>With no agent there, makes the ledger say something else of the one VM's run.</summary>
    public Task RewriteRunAsync(VmRun run) => EditAsync(contents =>
        new LedgerBatch(new PutRun(contents.Runs.Single() with { Contract = new RunRecord(run.Id, run, null).ToJson() })));

    /// <summary>With no agent there, makes the ledger forget all VMs.</summary>
    public Task ForgetAllAsync() => EditAsync(contents => new LedgerBatch(contents.Vms.Select(vm => new DeleteVm(vm.Id))));

    public int SyncCount => (int)_ledger.Counters.Commits;

    /// <summary>Waits until something is so that no feed tells of.</summary>
    public static async Task UntilAsync(Func<bool> isSo, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            patience.IsCancellationRequested.ShouldBeFalse(what);
            await Task.Delay(10);
        }
    }

    /// <summary>Waits until FakeQemu has met a fault at this point of its script.</summary>
    public async Task UntilMetAsync(string point)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!File.Exists(Script + ".met") || !(await File.ReadAllLinesAsync(Script + ".met", patience.Token)).Contains(point))
        {
            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>Lets go of what FakeQemu holds.</summary>
    public void Release() => File.WriteAllText(Script + ".go", "");

    /// <summary>Waits until nothing of any VM is left in the run directory.</summary>
    public async Task ClearedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var root = RunDirectory.Root(Services.Options.RunDirectory);
        while (Directory.Exists(root) && Directory.GetFileSystemEntries(root) is { Length: > 0 } left)
        {
            patience.IsCancellationRequested.ShouldBeFalse($"left behind: {string.Join(", ", left)}");
            await Task.Delay(10);
        }
    }

    /// <summary>With no agent there, writes something else into the ledger.</summary>
    public async Task EditAsync(Func<LedgerContents, LedgerBatch> edit)
    {
        var options = new LedgerOptions { StateDirectory = _state };
        var opened = (LedgerOpened)NodeLedger.Open(options, TimeProvider.System, NullLogger.Instance);
        await opened.Ledger.CommitAsync(edit(opened.Contents));
        await opened.Ledger.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in Registry.List())
        {
            if (vm.Run?.Process is { } process)
            {
                using var live = HostProcess.TryAttach(process);
                live?.Kill();
                if (live is not null)
                {
                    await live.Exited;
                }
            }
        }

        await CloseAsync();
        NodeAgent.Bindings.Linux.ProcessTable.Containing(_directory.Path).ShouldBeEmpty("a QEMU was left behind");
        _directory.Dispose();
    }
}
