using System.Collections.Immutable;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// The saving of a guest as a straight line: pause → file → save → sync → record. What fails before its end is taken
/// back, and the guest goes on as if nothing had been; once the state is on record there is no way back, and QEMU is the
/// caller's to end.
/// </summary>
internal sealed class VmSuspend(VmServices services, Guid vmId, LiveQemu live)
{
    // Below this much the ledger has no room either.
    private const long RoomKept = 64 << 20;

    // An estimate is worth nothing before something has been measured.
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    private readonly QemuMonitor _monitor = live.Monitor ?? throw new VmException(VmErrorReason.QemuSilent, "QEMU's monitor is not connected.");
    private bool? _ran;

    /// <summary>Told the name of each step as it begins, and how far it is, in percent.</summary>
    public required Action<string, int> OnStep { get; init; }

    /// <summary>Makes it durable that the state is whole.</summary>
    public required Func<SavedState, TimeSpan, Task> OnSaved { get; init; }

    /// <summary>Whether the guest's CPUs ran before; <c>null</c> where QEMU did not tell.</summary>
    public bool? Ran => _ran;

    private StateTransfer Transfer => new(_monitor, services.Time);

    /// <summary>Saves it.</summary>
    /// <param name="byHost">Whether the host goes down.</param>
    /// <param name="limit">How long it may take; <c>null</c> for as long as it takes.</param>
    /// <param name="cancellationToken">Ends it; all is taken back.</param>
    /// <returns>False when the guest has ended by itself meanwhile: there is nothing to save.</returns>
    /// <exception cref="VmException">It could not be saved; all is taken back.</exception>
    public async Task<bool> RunAsync(bool byHost, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var began = services.Time.GetTimestamp();
        var time = services.Time.GetUtcNow();
        using var deadline = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        StateFile? file = null;
        try
        {
            OnStep("pause", 5);
            if (!await PauseAsync(either.Token))
            {
                return false;
            }

            OnStep("file", 10);
            file = await CreateFileAsync(either.Token);

            OnStep("save", 15);
            await Transfer.SaveAsync(file.Handle, progress => Judge(progress, file, began, limit), either.Token);

            OnStep("sync", 80);
            var size = await file.FlushAsync().WaitAsync(either.Token);
            var boot = SavedState.WithoutIncoming(live.Run.Boot);
            var spec = live.Run.Spec ?? throw new VmException(VmErrorReason.SuspendFailed, "It is not known what the guest was started from; it is older than what the agent has on record.");
            var disks = await Task.Run(() => LookAtDisks(boot, spec), CancellationToken.None).WaitAsync(services.Options.StorageTimeout, services.Time, either.Token);

            OnStep("record", 90);
            await OnSaved(
                new SavedState { RunId = live.Run.Id, File = file.Name, SizeBytes = size, Time = time, ByHost = byHost, CpusRan = _ran is true, Boot = boot, Spec = spec, Disks = disks },
                services.Time.GetElapsedTime(began));
            return true;
        }
        catch (Exception cause)
        {
            await TakeBackAsync(file);
            throw Explain(cause, limit, cancellationToken);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Ends a save that is under way, by whatever agent, and lets the guest's CPUs go on if they ran.</summary>
    /// <exception cref="QmpException">QEMU is gone, or does not answer; what was asked of it may still be done.</exception>
    public static async Task TakeBackAsync(QemuMonitor monitor, bool ran, TimeProvider time)
    {
        RunState? state = null;
        try
        {
            await new StateTransfer(monitor, time).BreakOffAsync();
            state = (await monitor.ExecuteAsync(QmpCommands.QueryStatus, CancellationToken.None)).Status;
        }
        catch (Exception error) when (error is OperationCanceledException or QmpException { Error: QmpError.TimedOut })
        {
            // It does what it was asked in its order, once it can: stop, this, and the next.
        }

        if (ran && state is null or RunState.Paused or RunState.FinishMigrate or RunState.Postmigrate)
        {
            await monitor.ExecuteAsync(QmpCommands.Cont, CancellationToken.None);
        }
    }

    private async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        _ran = (await _monitor.ExecuteAsync(QmpCommands.QueryStatus, cancellationToken)).Running;
        await _monitor.ExecuteAsync(QmpCommands.Stop, cancellationToken);
        return (await _monitor.ExecuteAsync(QmpCommands.QueryStatus, cancellationToken)).Status switch
        {
            RunState.Paused or RunState.Prelaunch or RunState.Postmigrate => true,
            RunState.Shutdown => false,
            var other => throw new VmException(VmErrorReason.SuspendFailed, $"The guest stands still for another reason ({other}); its state would only preserve that."),
        };
    }

    private async Task<StateFile> CreateFileAsync(CancellationToken cancellationToken)
    {
        var creating = Task.Run(CreateFile, CancellationToken.None);
        try
        {
            return await creating.WaitAsync(services.Options.StorageTimeout, services.Time, cancellationToken);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            _ = RemoveLateAsync(creating);
            throw;
        }
    }

    private static async Task RemoveLateAsync(Task<StateFile> creating)
    {
        try
        {
            using var file = await creating;
            file.Delete();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // Nothing was made, and nobody waits for it any more.
        }
    }

    private StateFile CreateFile()
    {
        var directory = services.Options.VmStateDirectory(vmId);
        Directory.CreateDirectory(services.Options.StateDirectory);
        var room = new DriveInfo(services.Options.StateDirectory).AvailableFreeSpace;
        var need = Math.Min(live.Process.ReadUsage()?.RssBytes ?? 0, live.Run.Spec?.MemoryBytes ?? long.MaxValue);
        return need + RoomKept <= room
            ? StateFile.Create(directory, live.Run.Id)
            : throw new IOException($"Its memory takes up to {need >> 20} MiB, and in {services.Options.StateDirectory} are {room >> 20} MiB free, of which {RoomKept >> 20} MiB are kept; make room there.");
    }

    private ImmutableArray<DiskMark> LookAtDisks(BootContract boot, VmSpec spec) =>
        HeldFiles.FindReplaced(live.Process.Identity.Pid, boot.Files) is { } replaced
            ? throw new VmException(VmErrorReason.SuspendFailed, $"{replaced} is not the file that the guest has open: it was replaced while the guest ran. Its memory would not fit it.")
            : DiskMark.LookAt(boot.Files, spec);

    private void Judge(MigrationProgress progress, StateFile file, long began, TimeSpan? limit)
    {
        file.FlushSome();
        var done = progress.Total - progress.Remaining;
        OnStep("save", 15 + (int)(65 * done / Math.Max(1, progress.Total)));
        var elapsed = services.Time.GetElapsedTime(began);
        if (limit is { } most && elapsed > Measured && elapsed.TotalSeconds * progress.Total / Math.Max(1, done) > most.TotalSeconds)
        {
            throw new VmException(
                VmErrorReason.SuspendFailed, $"It would take longer than the {most.TotalSeconds:0.#} s that are left: after {elapsed.TotalSeconds:0.#} s {progress.Remaining >> 20} of {progress.Total >> 20} MiB remain.");
        }
    }

    private async Task TakeBackAsync(StateFile? file)
    {
        try
        {
            await TakeBackAsync(_monitor, _ran is true, services.Time);
        }
        catch (QmpException error)
        {
            // The process may be gone, or the agent leaves; what becomes of the guest is seen by its loop, or by the next agent.
            VmLog.NotTakenBack(services.Logger, live.Run.Id, error.Message);
        }

        file?.Delete();
    }

    private static Exception Explain(Exception cause, TimeSpan? limit, CancellationToken cancellationToken) => cause switch
    {
        _ when cancellationToken.IsCancellationRequested => new OperationCanceledException("the save was cancelled and taken back", cause, cancellationToken),
        VmException => cause,
        LedgerException => new VmException(VmErrorReason.SuspendFailed, $"It could not be put on record: {cause.Message}", cause),
        OperationCanceledException => new VmException(VmErrorReason.SuspendFailed, $"It was not done within the {limit?.TotalSeconds:0.#} s that were left.", cause),
        TimeoutException => new VmException(VmErrorReason.SuspendFailed, "The file system of its files does not answer.", cause),
        QmpException refusal => new VmException(VmErrorReason.SuspendFailed, $"QEMU did not save it: {refusal.Description ?? refusal.Message}", cause),
        _ => new VmException(VmErrorReason.SuspendFailed, cause.Message, cause),
    };
}
