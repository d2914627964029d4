using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Rpc;

/// <summary>The model's VM as the contract's. Everything is said: what the caller left open and the agent decided stands there.</summary>
internal static class SpecWriter
{
    /// <summary>Writes id, name, labels, spec and their version.</summary>
    public static V1.Vm Write(VmDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new V1.Vm
        {
            Id = definition.Id.ToString(),
            Name = definition.Name,
            Labels = { definition.Labels },
            Spec = Write(definition.Spec),
            Generation = definition.Generation,
            Etag = definition.Etag,
            CreateTime = definition.CreateTime.ToTimestamp(),
            UpdateTime = definition.UpdateTime.ToTimestamp(),
        };
    }

    /// <summary>Writes a spec.</summary>
    public static V1.VmSpec Write(VmSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new V1.VmSpec
        {
            Cpu = Write(spec.Cpu),
            MemoryBytes = spec.MemoryBytes,
            Machine = spec.Machine,
            Accelerator = Write(spec.Accelerator),
            Firmware = spec.Firmware switch
            {
                Firmware.Bios => V1.Firmware.Bios,
                _ => throw new ArgumentOutOfRangeException(nameof(spec)),
            },
            Kernel = spec.Kernel is { } kernel
                ? new V1.DirectKernel { KernelPath = kernel.KernelPath, InitrdPath = kernel.InitrdPath ?? "", Cmdline = kernel.Cmdline ?? "" }
                : null,
            Disks = { spec.Disks.Select(Write) },
            NetworkInterfaces = { spec.NetworkInterfaces.Select(Write) },
            Rng = spec.Rng,
            Balloon = spec.Balloon,
            Console = spec.Console is { } console
                ? new V1.ConsoleSpec { HistoryBytes = console.HistoryBytes }
                : new V1.ConsoleSpec { Disabled = true },
            Display = spec.Display is { } display ? new V1.DisplaySpec { Vnc = display.Vnc } : null,
            BootOrder = { spec.BootOrder },
            OnPanic = spec.OnPanic switch
            {
                PanicAction.Pause => V1.PanicAction.Pause,
                PanicAction.Stop => V1.PanicAction.Stop,
                PanicAction.Reset => V1.PanicAction.Reset,
                _ => throw new ArgumentOutOfRangeException(nameof(spec)),
            },
            Watchdog = spec.Watchdog is { } watchdog ? new V1.WatchdogSpec { Action = Write(watchdog) } : null,
            Restart = Write(spec.Restart),
            Autostart = spec.Autostart is { } autostart
                ? new V1.AutostartSpec { Enabled = true, Order = autostart.Order, Delay = autostart.Delay.ToDuration() }
                : null,
            Shutdown = new V1.ShutdownPolicy
            {
                Timeout = spec.Shutdown.Timeout.ToDuration(),
                Fallback = spec.Shutdown.Fallback switch
                {
                    ShutdownFallback.LeaveRunning => V1.ShutdownFallback.LeaveRunning,
                    ShutdownFallback.ForceStop => V1.ShutdownFallback.ForceStop,
                    _ => throw new ArgumentOutOfRangeException(nameof(spec)),
                },
            },
            Resources = spec.Resources == new ResourceSpec() ? null : new V1.ResourceSpec
            {
                CpuWeight = spec.Resources.CpuWeight ?? 0,
                CpuQuotaPercent = spec.Resources.CpuQuotaPercent ?? 0,
                IoWeight = spec.Resources.IoWeight ?? 0,
                MemoryMaxBytes = spec.Resources.MemoryMaxBytes ?? 0,
            },
        };
    }

    /// <summary>Writes a choice of accelerator.</summary>
    public static V1.Accelerator Write(AcceleratorChoice choice) => choice switch
    {
        AcceleratorChoice.Auto => V1.Accelerator.Auto,
        AcceleratorChoice.Kvm => V1.Accelerator.Kvm,
        AcceleratorChoice.Tcg => V1.Accelerator.Tcg,
        _ => throw new ArgumentOutOfRangeException(nameof(choice)),
    };

    private static V1.CpuSpec Write(CpuSpec cpu) => new()
    {
        Vcpus = cpu.Vcpus,
        Topology = cpu.Topology is { } topology
            ? new V1.CpuTopology { Sockets = topology.Sockets, Dies = topology.Dies, Cores = topology.Cores, Threads = topology.Threads }
            : null,
        Model = cpu.Model ?? "",
    };

    private static V1.Disk Write(DiskSpec disk) => new()
    {
        Name = disk.Name,
        Path = disk.Path,
        Format = disk.Format switch
        {
            DiskFormat.Raw => V1.DiskFormat.Raw,
            DiskFormat.Qcow2 => V1.DiskFormat.Qcow2,
            _ => throw new ArgumentOutOfRangeException(nameof(disk)),
        },
        ReadOnly = disk.ReadOnly,
        Serial = disk.Serial ?? "",
    };

    private static V1.NetworkInterface Write(NetworkInterfaceSpec network) => new()
    {
        Name = network.Name,
        Mac = network.Mac,
        User = new V1.UserNetwork { Restricted = network.Restricted },
    };

    private static V1.WatchdogAction Write(WatchdogAction action) => action switch
    {
        WatchdogAction.Reset => V1.WatchdogAction.Reset,
        WatchdogAction.Pause => V1.WatchdogAction.Pause,
        WatchdogAction.Stop => V1.WatchdogAction.Stop,
        WatchdogAction.Nmi => V1.WatchdogAction.Nmi,
        WatchdogAction.None => V1.WatchdogAction.None,
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private static V1.RestartPolicy Write(RestartPolicy restart) => new()
    {
        Mode = restart.Mode switch
        {
            RestartMode.Never => V1.RestartMode.Never,
            RestartMode.OnFailure => V1.RestartMode.OnFailure,
            _ => throw new ArgumentOutOfRangeException(nameof(restart)),
        },
        MaxRestarts = restart.MaxRestarts,
        InitialBackoff = restart.InitialBackoff.ToDuration(),
        MaxBackoff = restart.MaxBackoff.ToDuration(),
        ResetAfter = restart.ResetAfter.ToDuration(),
    };
}
