using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>What is published of a VM as the contract's Vm: the only way out.</summary>
/// <param name="runDirectory">The agent's run directory.</param>
/// <param name="lookAt">The last sample of a VM for somebody who looks at it; <c>null</c> before the first.</param>
internal sealed class SnapshotWriter(string runDirectory, Func<Guid, VmStats?> lookAt)
{
    /// <summary>Writes a VM.</summary>
    public V1.Vm Write(VmSnapshot snapshot)
    {
        var vm = SpecWriter.Write(snapshot.Definition);
        vm.Status = Status(snapshot);
        return vm;
    }

    /// <summary>Writes a VM with its last sample.</summary>
    public V1.Vm WriteWithStats(VmSnapshot snapshot)
    {
        var vm = Write(snapshot);
        vm.Status.Stats = lookAt(snapshot.Definition.Id) is { } stats ? StatsWriter.Write(stats) : null;
        return vm;
    }

    /// <summary>A state as the contract's.</summary>
    public static V1.VmState Write(VmState state) => state switch
    {
        VmState.Stopped => V1.VmState.Stopped,
        VmState.Starting => V1.VmState.Starting,
        VmState.Running => V1.VmState.Running,
        VmState.Paused => V1.VmState.Paused,
        VmState.Stopping => V1.VmState.Stopping,
        VmState.Unknown => V1.VmState.Unknown,
        VmState.Quarantined => V1.VmState.Quarantined,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>An accelerator as the contract's.</summary>
    public static V1.Accelerator Write(Accelerator accelerator) => accelerator switch
    {
        Accelerator.Kvm => V1.Accelerator.Kvm,
        Accelerator.Tcg => V1.Accelerator.Tcg,
        _ => throw new ArgumentOutOfRangeException(nameof(accelerator)),
    };

    private V1.VmStatus Status(VmSnapshot snapshot)
    {
        var (reason, message) = Why(snapshot);
        var status = new V1.VmStatus
        {
            State = Write(snapshot.State),
            Reason = reason,
            Message = message,
            StateTime = snapshot.StateTime.ToTimestamp(),
            Exit = snapshot.LastExit is { } exit ? Write(exit) : null,
            Conditions = { snapshot.Conditions.Select(ConditionWriter.Write) },
            Operation = snapshot.OperationId is { } operation ? OperationWriter.NameOf(operation) : "",
            RestartCount = snapshot.RestartCount,
            NextRestartTime = snapshot.NextRestart?.ToTimestamp(),
            Revision = snapshot.Revision,
            PendingFields = { snapshot.PendingFields },
            SavedState = snapshot.Saved is { } saved ? Write(saved) : null,
        };
        if (snapshot.Run is { } run)
        {
            status.Pid = run.Process?.Pid ?? 0;
            status.RunId = run.Id.ToString();
            status.StartTime = run.StartTime.ToTimestamp();
            status.Accelerator = Write(run.Boot.Accelerator);
            status.AcceleratorReason = run.Boot.AcceleratorReason;
            status.Boot = Write(run.Boot);
            status.VncSocket = snapshot.SpecInForce.Display is { Vnc: true }
                ? new RunDirectory(runDirectory, snapshot.Definition.Id).VncSocket
                : "";
        }

        return status;
    }

    private static (string Reason, string Message) Why(VmSnapshot snapshot) => snapshot.State switch
    {
        VmState.Stopped => snapshot.LastExit is { } exit ? (exit.Reason.ToString(), exit.Message) : ("Created", "The VM has not run yet."),
        VmState.Starting => ("Starting", "The start steps are under way."),
        VmState.Running => ("Running", "The guest's CPUs run."),
        VmState.Paused paused => (paused.Cause is PauseCause.Requested ? "PausedByRequest" : paused.Cause.ToString(), Why(paused.Cause)),
        VmState.Stopping stopping => (stopping.How.ToString(), Why(stopping.How)),
        VmState.Unknown unknown => ("FindingOut", unknown.Why),
        VmState.Quarantined held => (held.ProcessProven ? "NotAttachable" : "NotProven", held.Why),
        _ => throw new ArgumentOutOfRangeException(nameof(snapshot)),
    };

    private static string Why(PauseCause cause) => cause switch
    {
        PauseCause.Requested => "Somebody asked for it.",
        PauseCause.GuestPanic => "The guest's kernel panicked. Look at it, then reset or stop it.",
        PauseCause.IoError => "A disk failed or its storage is full. Mend that, then resume.",
        PauseCause.Watchdog => "The guest did not feed its watchdog.",
        PauseCause.GuestSuspended => "The guest suspended itself.",
        PauseCause.Unexplained => "QEMU stopped the guest and did not say why.",
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };

    private static string Why(StopKind how) => how switch
    {
        StopKind.Shutdown => "The guest was asked to shut down.",
        StopKind.Quit => "QEMU flushes its disks and leaves.",
        StopKind.Suspend => "The guest's state is being saved to disk.",
        StopKind.Kill => "The process is being killed.",
        StopKind.GuestEnded => "The guest has ended; QEMU is being cleared away.",
        _ => throw new ArgumentOutOfRangeException(nameof(how)),
    };

    private static V1.SavedState Write(SavedState saved) => new()
    {
        Time = saved.Time.ToTimestamp(),
        SizeBytes = saved.SizeBytes,
        ByHost = saved.ByHost,
        SpecGeneration = saved.Boot.SpecGeneration,
    };

    private static V1.BootContract Write(BootContract boot) => new()
    {
        QemuBinary = boot.QemuBinary,
        QemuVersion = boot.QemuVersion,
        Machine = boot.Machine,
        CpuModel = boot.CpuModel,
        Arguments = { boot.Arguments },
        Devices =
        {
            boot.Devices.Select(device => new V1.DeviceAddress
            {
                Name = device.Name, DeviceId = device.DeviceId, Driver = device.Driver, Address = device.Address,
            }),
        },
        SpecGeneration = boot.SpecGeneration,
    };

    private static V1.ExitInfo Write(VmExit exit)
    {
        var info = new V1.ExitInfo
        {
            Reason = Write(exit.Reason),
            Message = exit.Message,
            Time = exit.Time.ToTimestamp(),
            LastWords = exit.LastWords,
            FailedStep = exit.FailedStep ?? "",
        };
        if (exit.ExitCode is { } code)
        {
            info.ExitCode = code;
        }

        if (exit.Signal is { } signal)
        {
            info.Signal = signal;
        }

        return info;
    }

    private static V1.ExitReason Write(VmExitReason reason) => reason switch
    {
        VmExitReason.GuestShutdown => V1.ExitReason.GuestShutdown,
        VmExitReason.GuestPanic => V1.ExitReason.GuestPanic,
        VmExitReason.Watchdog => V1.ExitReason.Watchdog,
        VmExitReason.StoppedByHost => V1.ExitReason.StoppedByHost,
        VmExitReason.OutOfMemory => V1.ExitReason.OutOfMemory,
        VmExitReason.KilledByRequest => V1.ExitReason.KilledByRequest,
        VmExitReason.QemuCrashed => V1.ExitReason.QemuCrashed,
        VmExitReason.StartFailed => V1.ExitReason.StartFailed,
        VmExitReason.HostShutdown => V1.ExitReason.HostShutdown,
        VmExitReason.Suspended => V1.ExitReason.Suspended,
        VmExitReason.HostReboot => V1.ExitReason.HostReboot,
        VmExitReason.Unknown => V1.ExitReason.Unknown,
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
