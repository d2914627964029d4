using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Turns a definition into QEMU's argument list: a pure function of its arguments, so that the same VM on the same host
/// gets the same list at every start.
/// </summary>
public static class CommandLine
{
    /// <summary>Builds the list and what goes into the records with it.</summary>
    /// <param name="definition">A definition that validation found right.</param>
    /// <param name="choices">What was decided for this start.</param>
    public static BootContract Build(VmDefinition definition, LaunchChoices choices)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(choices);
        var spec = definition.Spec;
        if (!MachineName.TryGetFamily(spec.Machine, out var family))
        {
            throw new ArgumentException($"machine '{spec.Machine}' is of no known family; validate first", nameof(definition));
        }

        var machine = choices.Qemu.FindMachine(spec.Machine)?.Name ?? spec.Machine;
        var model = spec.Cpu.Model ?? choices.Accelerator.CpuModel;
        var arguments = new ArgumentList(family, choices.Channels.Next(withConsole: spec.Console is not null));
        AddProcess(arguments, definition, choices);
        Board.Add(arguments, machine);
        arguments.Option("-accel", choices.Accelerator.Accelerator == Accelerator.Kvm ? "kvm" : "tcg");
        Processors.Add(arguments, spec.Cpu, model);
        Memory.Add(arguments, spec.MemoryBytes);
        choices.Kernel?.AddTo(arguments);
        AddDevices(arguments, spec, choices);
        return new BootContract
        {
            QemuBinary = choices.Qemu.Binary,
            QemuVersion = choices.Qemu.Version,
            Machine = machine,
            CpuModel = model,
            Arguments = arguments.Arguments,
            Devices = arguments.Devices,
            Files = arguments.Files,
            ReadFiles = choices.Kernel is { } kernel ? [kernel.KernelPath, .. kernel.InitrdPath is { } initrd ? [initrd] : (string[])[]] : [],
            SpecGeneration = definition.Generation,
            Accelerator = choices.Accelerator.Accelerator,
            AcceleratorReason = choices.Accelerator.Reason,
            AcceleratorWarning = choices.Accelerator.Warning,
        };
    }

    /// <summary>What every QEMU gets: who it is, what it may do to the host, and how it is spoken to.</summary>
    private static void AddProcess(ArgumentList arguments, VmDefinition definition, LaunchChoices choices)
    {
        // First, so that it is what somebody who looks at the process list sees.
        arguments.Option("-name", $"guest={OptionText.Value(definition.Name)},debug-threads=on");
        arguments.Option("-uuid", definition.Id.ToString("D"));
        arguments.Flag("-nodefaults");
        arguments.Flag("-no-user-config");
        if (choices.Qemu.HasSandbox)
        {
            arguments.Option("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
        }

        arguments.Option("-msg", "timestamp=on");
        arguments.Flag("-S");
        arguments.Option("-display", "none");

        // A guest that ends leaves a QEMU that can still be asked why, also by an agent that was away.
        var watchdog = definition.Spec.Watchdog is { } action ? $",watchdog={Watchdog.QemuAction(action)}" : "";
        arguments.Option("-action", $"reboot=reset,shutdown=pause,panic=pause{watchdog}");
        AddMonitor(arguments, "control", choices.Channels.Control);
        AddMonitor(arguments, "observer", choices.Channels.Observer);
    }

    private static void AddMonitor(ArgumentList arguments, string id, int descriptor)
    {
        arguments.Option("-chardev", $"socket,id={id},fd={descriptor},server=on,wait=off");
        arguments.Option("-mon", $"chardev={id},mode=control");
    }

    private static void AddDevices(ArgumentList arguments, VmSpec spec, LaunchChoices choices)
    {
        if (spec.Console is not null)
        {
            SerialConsole.Add(arguments, choices.Channels.Console);
        }

        if (spec.Rng)
        {
            Rng.Add(arguments);
        }

        if (arguments.Family != MachineFamily.Microvm)
        {
            AddPciDevices(arguments, spec, choices);
        }

        var order = new BootOrder(spec);
        for (var i = 0; i < choices.Disks.Length; i++)
        {
            VirtioDisk.Add(arguments, i, choices.Disks[i], order.IndexOf(choices.Disks[i].Disk.Name));
        }

        for (var i = 0; i < spec.NetworkInterfaces.Length; i++)
        {
            UserNetwork.Add(arguments, i, spec.NetworkInterfaces[i], order.IndexOf(spec.NetworkInterfaces[i].Name));
        }
    }

    private static void AddPciDevices(ArgumentList arguments, VmSpec spec, LaunchChoices choices)
    {
        PanicNotifier.Add(arguments);
        if (spec.Balloon)
        {
            Balloon.Add(arguments);
        }

        if (spec.Watchdog is not null)
        {
            Watchdog.Add(arguments);
        }

        if (spec.Display is { Vnc: true })
        {
            Display.Add(arguments, choices.Directory.VncSocket);
        }
    }
}
