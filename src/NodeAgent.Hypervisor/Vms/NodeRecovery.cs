using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What the last recovery did.</summary>
/// <param name="Adopted">Processes that were re-attached.</param>
/// <param name="Stopped">VMs whose process was gone.</param>
/// <param name="Quarantined">Processes that could not be proven or re-attached.</param>
/// <param name="Silent">Processes that are proven and have not answered yet.</param>
/// <param name="OperationsSettled">Operations that an earlier agent left open.</param>
/// <param name="Duration">How long it took.</param>
public sealed record RecoveryReport(int Adopted, int Stopped, int Quarantined, int Silent, int OperationsSettled, TimeSpan Duration);

/// <summary>
/// Brings all VMs back after the agent's start: every VM on record becomes what it is, all at once; a QEMU of this
/// agent that nobody has on record is shown in quarantine; nothing is killed.
/// </summary>
public sealed class NodeRecovery(VmRegistry registry, VmServices services, string bootId)
{
    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(1);

    private readonly SavedStateSweep _states = new(services);
    private int _adopted;
    private int _stopped;
    private int _quarantined;
    private int _silent;

    /// <summary>Whether the ledger was read in full; a salvaged one may have lost what is on disk for.</summary>
    public bool LedgerIsWhole { get; init; } = true;

    /// <summary>Runs it.</summary>
    /// <returns>What it did, once every VM is told, or known to be silent.</returns>
    public async Task<RecoveryReport> RunAsync(LedgerContents contents, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(contents);
        var began = services.Time.GetTimestamp();
        var strays = await StrayQemu.FindAllAsync(services.Options.RunDirectory, services.Options.AdoptTimeout, services.Time, cancellationToken);
        var runs = contents.Runs.ToLookup(run => run.VmId);
        var intents = contents.Intents.ToDictionary(intent => intent.VmId);
        var interrupted = services.Operations.Interrupted.ToDictionary(operation => operation.Id);
        var open = new List<Task>();
        foreach (var row in contents.Vms)
        {
            if (VmRecords.FromRow(row) is { } definition)
            {
                open.Add(RecoverAsync(definition, RunRecordOf(runs[row.Id]), intents.GetValueOrDefault(row.Id), interrupted, strays, cancellationToken));
            }
        }

        ShowUnknown(strays);
        ClearAbandoned(strays);
        if (LedgerIsWhole)
        {
            _states.ClearUnknown(contents.Vms.Select(vm => vm.Id));
        }

        await Task.WhenAll(open);
        SettleRest(contents, interrupted);
        var report = new RecoveryReport(
            _adopted, _stopped, _quarantined, _silent, services.Operations.Interrupted.Count, services.Time.GetElapsedTime(began));
        var recorded = services.Ledger.RecordAsync(new LedgerBatch(new AppendEvent(new EventDraft(
            services.Time.GetUtcNow(), EventKinds.AgentRecovered, null,
            new EventPayload($"{report.Adopted} VMs re-attached, {report.Stopped} found stopped, {report.Quarantined} in quarantine, {report.Silent} silent, in {report.Duration.TotalMilliseconds:0} ms.").ToJson()))));

        // Events keep their order, so when this one is on disk those of all VMs are; a disk that hangs holds up nobody.
        await Task.WhenAny(recorded, Task.Delay(RecordPatience, services.Time, cancellationToken));
        return report;
    }

    private static RunRecord? RunRecordOf(IEnumerable<RunRow> rows) =>
        rows.OrderByDescending(row => row.Recorded).Select(row => RunRecord.Parse(row.Contract)).FirstOrDefault();

    private async Task RecoverAsync(
        VmDefinition definition, RunRecord? record, IntentRow? intent, Dictionary<Guid, OperationHandle> interrupted,
        IReadOnlyList<StrayQemu> strays, CancellationToken cancellationToken)
    {
        using var about = services.Logger.BeginScope(new VmLogScope(
            definition.Id, () => registry.TryGet(definition.Id)?.Definition.Name ?? definition.Name));
        var interruption = intent is null ? null
            : new Interruption(intent, intent.OperationId is { } id ? interrupted.GetValueOrDefault(id) : null);
        var directory = new RunDirectory(services.Options.RunDirectory, definition.Id).Path;

        record = _states.WithWhole(definition, record);

        // A process counts for more than the record: a ledger that was salvaged may have lost the newest run.
        var mayLive = record is { Exit: null } || intent?.Kind == nameof(VmWork.Start) || strays.Any(stray => stray.Directory == directory);
        if (!mayLive)
        {
            // What a run left whose end is on record, and whose clearing away an agent did not finish.
            services.Clear(new RunDirectory(services.Options.RunDirectory, definition.Id));
            var stopped = registry.Add(definition, record, new VmState.Stopped(record?.Exit));
            if (interruption is not null || record?.Restarts is { Due: not null })
            {
                await stopped.TellAsync(new RecoveryFinding.Untouched(), interruption);
            }

            return;
        }

        var vm = registry.Add(definition, record, new VmState.Unknown("The agent has just begun to look for its process.", ProcessProven: false));

        // A start that was under way is about a run that is not on record yet; the record is of the one before.
        var current = intent?.Kind == nameof(VmWork.Start) && intent.RunId != record?.RunId ? null : record;
        var search = new VmRecovery(services, definition, vm.Listener, bootId) { Saved = record?.Saved };
        var silentOnce = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var finding = search.FindAsync(current, intent, strays, Report, cancellationToken);
        var told = TellAsync();
        await Task.WhenAny(told, silentOnce.Task);
        _ = told.IsCompleted ? CountFinding(await finding) : Interlocked.Increment(ref _silent);

        async Task TellAsync() => await vm.TellAsync(await finding, interruption);

        void Report(RecoveryFinding notFinal)
        {
            // A force-stop that was under way needs no answer of QEMU's; all else is settled by the last word.
            var taken = interruption is { Work: VmWork.Kill } ? Interlocked.Exchange(ref interruption, null) : null;
            _ = vm.TellAsync(notFinal, taken);
            silentOnce.TrySetResult();
        }
    }

    private int CountFinding(RecoveryFinding finding) => finding switch
    {
        RecoveryFinding.Attached => Interlocked.Increment(ref _adopted),
        RecoveryFinding.Gone => Interlocked.Increment(ref _stopped),
        _ => Interlocked.Increment(ref _quarantined),
    };

    private void ShowUnknown(IReadOnlyList<StrayQemu> strays)
    {
        var known = registry.All.Select(vm => new RunDirectory(services.Options.RunDirectory, vm.Snapshot.Definition.Id).Path).ToHashSet();
        foreach (var stray in strays.Where(stray => stray.VmId is not null && !known.Contains(stray.Directory)))
        {
            _quarantined++;
            var why = $"Process {stray.Pid} is a QEMU of this agent that nobody has on record.";
            var now = services.Time.GetUtcNow();
            var definition = new VmDefinition
            {
                Id = stray.VmId!.Value,
                Name = $"unknown-{stray.VmId:N}"[..24],
                Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 0 },
                CreateTime = now,
                UpdateTime = now,
            };
            _ = registry.AddStray(definition, why).TellAsync(new RecoveryFinding.Untouchable(null, why), null);
        }
    }

    /// <summary>
    /// Removes what was left by VMs that are no longer on record and whose process is gone too: an unknown QEMU that its
    /// owner has ended since, say. Nobody else would.
    /// </summary>
    private void ClearAbandoned(IReadOnlyList<StrayQemu> strays)
    {
        var root = RunDirectory.Root(services.Options.RunDirectory);
        var inUse = registry.All.Select(vm => vm.Snapshot.Definition.Id.ToString("D"))
            .Concat(strays.Select(stray => Path.GetFileName(stray.Directory)))
            .ToHashSet();
        foreach (var name in Directory.Exists(root) ? Directory.GetDirectories(root).Select(Path.GetFileName) : [])
        {
            if (!inUse.Contains(name!) && Guid.TryParseExact(name, "D", out var id))
            {
                services.Clear(new RunDirectory(services.Options.RunDirectory, id));
            }
        }
    }

    /// <summary>Operations whose VM or intent is no longer on record are ended too: none is forgotten.</summary>
    private void SettleRest(LedgerContents contents, Dictionary<Guid, OperationHandle> interrupted)
    {
        var withIntent = contents.Intents.Where(intent => intent.OperationId is not null).Select(intent => intent.OperationId!.Value).ToHashSet();
        foreach (var operation in interrupted.Values.Where(operation => !withIntent.Contains(operation.Id)))
        {
            var end = operation.EndWrite(new OperationFault(nameof(VmErrorReason.Interrupted), "The agent ended before this did."));
            _ = services.Ledger.RecordAsync(new LedgerBatch(end, OperationEnd.Record(end, "")));
            services.Operations.Complete(operation, end);
        }
    }
}
