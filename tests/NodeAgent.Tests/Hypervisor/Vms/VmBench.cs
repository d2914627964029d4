using Microsoft.Extensions.Logging.Abstractions;
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
    private NodeLedger _ledger = null!;

    private VmBench()
    {
    }

    public string BootId { get; set; } = "boot-1";

    public VmServices Services { get; private set; } = null!;

    public VmRegistry Registry { get; private set; } = null!;

    public RecoveryReport Recovery { get; private set; } = null!;

    public string Script => Path.Combine(_directory.Path, "script.json");

    public static async Task<VmBench> BeginAsync(string faults = "[]")
    {
        var bench = new VmBench();
        await File.WriteAllTextAsync(bench.Script, faults);
        ShellScript.Write(Path.Combine(bench._directory.Path, "qemu"), $"#!/bin/bash\nFAKEQEMU_SCRIPT={bench.Script} exec -a \"$0\" {Path.Combine(AppContext.BaseDirectory, "fakeqemu")} \"$@\"\n");
        await bench.OpenAsync();
        return bench;
    }

    /// <summary>An agent begins on these directories.</summary>
    public async Task OpenAsync()
    {
        var state = Path.Combine(_directory.Path, "state");
        var opened = (LedgerOpened)NodeLedger.Open(new LedgerOptions { StateDirectory = state }, TimeProvider.System, NullLogger.Instance);
        _ledger = opened.Ledger;
        var probe = new QemuProbe(Path.Combine(state, "cache"), TimeProvider.System, NullLogger<QemuProbe>.Instance);
        var facts = probe.AskAsync(Path.Combine(_directory.Path, "qemu"), new ProbeHost(false, "", ""), refresh: false, CancellationToken.None);
        await facts;
        Services = new VmServices
        {
            Ledger = _ledger,
            Operations = new OperationBook(_ledger, opened.Contents, TimeProvider.System),
            Launcher = new DirectLauncher(BootId),
            Planner = new BootPlanner(
                () => new ImageRoots([_directory.Path]),
                async _ => new BootFacts(await facts, new KvmSuitability(KvmFitness.Unavailable, "not in this test")),
                TimeProvider.System),
            Feed = new VmFeed(),
            Options = new VmOptions
            {
                RunDirectory = Path.Combine(_directory.Path, "run"),
                StateDirectory = state,
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

    public async Task<VmSnapshot> CreateAsync(string name = "web", Func<VmSpec, VmSpec>? change = null)
    {
        var spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 64 << 20, Accelerator = AcceleratorChoice.Tcg };
        return await Registry.CreateAsync(
            new VmDefinition { Id = Guid.Empty, Name = name, Spec = change?.Invoke(spec) ?? spec },
            new RequestContext("test"), validateOnly: false, CancellationToken.None);
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

    private async Task EditAsync(Func<LedgerContents, LedgerBatch> edit)
    {
        var options = new LedgerOptions { StateDirectory = Path.Combine(_directory.Path, "state") };
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
