using System.Net.Sockets;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Finds a VM's process again after the agent was away, and never kills one.
/// <code>
///  no record of a run, no start under way        → nothing to find
///  recorded on another boot                      → gone: host reboot
///  pid or start time do not agree                → gone
///  they agree, monitor refuses or UUID differs   → quarantined
///  they agree, monitor is silent                 → unknown, and tried on
///  they agree, UUID agrees                       → attached
///  a start was under way and nothing is recorded → looked for by the sockets that it holds
///  whoever holds them is no QEMU                 → quarantined
/// </code>
/// </summary>
internal sealed class VmRecovery(VmServices services, VmDefinition definition, MonitorListener listener, string bootId)
{
    private readonly RunDirectory _directory = new(services.Options.RunDirectory, definition.Id);
    private IntentRow? _intent;

    /// <summary>The state on disk that an interrupted start may have begun from.</summary>
    public SavedState? Saved { get; init; }

    /// <summary>Finds it.</summary>
    /// <param name="record">What the ledger keeps of the last run.</param>
    /// <param name="intent">What was being done when the agent ended.</param>
    /// <param name="strays">QEMUs that hold sockets of this agent.</param>
    /// <param name="report">Told of findings that are not final.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<RecoveryFinding> FindAsync(
        RunRecord? record, IntentRow? intent, IReadOnlyList<StrayQemu> strays, Action<RecoveryFinding> report, CancellationToken cancellationToken)
    {
        _intent = intent;
        if (record is { Exit: null, Run.Process: { } identity })
        {
            return identity.BootId != bootId
                ? Gone(VmExitReason.HostReboot, "The host was rebooted while the VM ran.")
                : Attach(identity) is { } process
                    ? await AttachAsync(record.Run, process, report, cancellationToken)
                    : GoneUnseen(UnitEnd.Read(_directory));
        }

        var own = strays.Where(stray => stray.Directory == _directory.Path).ToArray();
        return own.Length switch
        {
            0 => Gone(VmExitReason.StartFailed, "The agent ended before it had started QEMU."),
            1 when own[0].VmId is null => new RecoveryFinding.Untouchable(null, $"Process {own[0].Pid} holds this VM's sockets and is no QEMU."),
            1 => await AttachStrayAsync(own[0], intent?.RunId ?? Guid.NewGuid(), report, cancellationToken),
            _ => new RecoveryFinding.Untouchable(null, $"Several processes ({string.Join(", ", own.Select(stray => stray.Pid))}) hold this VM's sockets."),
        };
    }

    private QemuProcess? Attach(ProcessIdentity identity) => services.Launcher.TryAttach(identity, definition.Name, definition.Id, _directory);

    private async Task<RecoveryFinding> AttachStrayAsync(
        StrayQemu stray, Guid runId, Action<RecoveryFinding> report, CancellationToken cancellationToken)
    {
        if (ProcStat.Read(stray.Pid) is not { State: not 'Z' } stat
            || Attach(new ProcessIdentity(stray.Pid, stat.StartTicks, bootId)) is not { } process)
        {
            return Gone(VmExitReason.StartFailed, "QEMU ended while the agent was away, before its start was complete.");
        }

        // What was really started counts, not what would be started now.
        var saved = SavedState.IsIncoming(stray.Arguments) ? Saved : null;
        var boot = (saved?.Boot ?? await PlanAsync(stray, cancellationToken)) with { Arguments = [.. stray.Arguments.Skip(1)] };
        var run = new VmRun { Id = runId, Process = process.Identity, StartTime = services.Time.GetUtcNow(), Boot = boot, Spec = saved?.Spec ?? definition.Spec };
        return await AttachAsync(run, process, report, cancellationToken);
    }

    private async Task<BootContract> PlanAsync(StrayQemu stray, CancellationToken cancellationToken)
    {
        try
        {
            return await services.Planner.PlanAsync(definition, _directory, cancellationToken);
        }
        catch (BootRefusedException refusal)
        {
            return new BootContract
            {
                QemuBinary = stray.Arguments[0],
                QemuVersion = "",
                Machine = definition.Spec.Machine,
                CpuModel = definition.Spec.Cpu.Model ?? "",
                Arguments = [],
                Devices = [],
                SpecGeneration = definition.Generation,
                Accelerator = Accelerator.Tcg,
                AcceleratorReason = $"not known: {refusal.Message}",
            };
        }
    }

    private async Task<RecoveryFinding> AttachAsync(
        VmRun run, QemuProcess process, Action<RecoveryFinding> report, CancellationToken cancellationToken)
    {
        var bare = new LiveQemu(run, process, null, _directory);
        while (!process.Exited.IsCompleted)
        {
            try
            {
                var opening = QemuMonitor.AttachAsync(
                    _directory, services.Options.Monitor, listener, services.Time, services.Logger, cancellationToken);
                var patience = Task.Delay(services.Options.AdoptTimeout, services.Time, cancellationToken);
                if (await Task.WhenAny(opening, process.Exited, patience) == patience)
                {
                    report(new RecoveryFinding.Silent(bare, "QEMU's monitor has not answered since the agent came back."));
                }

                return await ProveAsync(await opening, bare, cancellationToken);
            }
            catch (Exception ended) when (ended is QmpException or SocketException && process.Exited.IsCompleted)
            {
                break;
            }
            catch (Exception silence) when (silence is QmpException { Error: QmpError.TimedOut } or SocketException { SocketErrorCode: SocketError.WouldBlock })
            {
                // A full backlog is silence too: earlier attempts still wait at its door.
                report(new RecoveryFinding.Silent(bare, "QEMU's monitor does not answer."));
                await Task.WhenAny(process.Exited, Task.Delay(services.Options.Monitor.LastRetry, services.Time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
            catch (Exception error) when (error is QmpException or SocketException)
            {
                return new RecoveryFinding.Untouchable(bare, $"QEMU's process is there, but its monitor cannot be connected: {error.Message}.");
            }
        }

        return GoneUnseen(await process.Exited);
    }

    private async Task<RecoveryFinding> ProveAsync(QemuMonitor monitor, LiveQemu bare, CancellationToken cancellationToken)
    {
        var uuid = monitor.ExecuteAsync(QmpCommands.QueryUuid, cancellationToken);
        var status = monitor.ExecuteAsync(QmpCommands.QueryStatus, cancellationToken);
        try
        {
            await Task.WhenAll(uuid, status);
        }
        catch
        {
            // QEMU serves one client a socket: who is not let go of stands in the way of the next try.
            await monitor.DisposeAsync();
            throw;
        }

        if ((await uuid).Uuid != definition.Id)
        {
            await monitor.DisposeAsync();
            bare.Process.Dispose();
            return new RecoveryFinding.Untouchable(null, $"The QEMU at this VM's sockets says that it is {(await uuid).Uuid}.");
        }

        return new RecoveryFinding.Attached(bare with { Monitor = monitor }, Resync.From(await status));
    }

    private RecoveryFinding.Gone GoneUnseen(ProcessExit told) =>
        new(VmEnding.Unseen(_intent, told, QemuLog.LastWords(_directory.Log), services.Time.GetUtcNow()));

    private RecoveryFinding.Gone Gone(VmExitReason reason, string message) => new(new VmExit
    {
        Reason = reason,
        Message = message,
        Time = services.Time.GetUtcNow(),
        LastWords = QemuLog.LastWords(_directory.Log),
    });
}
