using System.CommandLine;
using Google.Protobuf.Reflection;
using NodeAgent.Cli.Invocation;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>
/// The options that say what a VM is, for commands that make or change one. Each knows the field of the spec that it
/// sets, so that an update changes that and nothing else.
/// </summary>
internal sealed class SpecFlags
{
    private readonly List<(Option Option, string Field, Action<Call, VmSpec> Set)> _flags = [];

    /// <summary>Adds the options to a command.</summary>
    public SpecFlags(Command command)
    {
        Add(command.Size("--memory", "RAM of the guest, for instance 256M or 2GiB."), "memory_bytes", (s, v) => s.MemoryBytes = v!.Value);
        Add(command.Number("--vcpus", "Number of virtual CPUs."), "cpu", (s, v) => Cpu(s).Vcpus = v!.Value);
        Add(command.Text("--cpu", "MODEL", "CPU model: one of QEMU's, 'host' or 'max'."), "cpu", (s, v) => Cpu(s).Model = v);
        Add(command.Text("--topology", "sockets=N,cores=N,…", "How the vCPUs are arranged."), "cpu", (s, v) => Cpu(s).Topology = DeviceFlags.Topology(v!));
        Add(command.Text("--machine", "q35|pc|microvm", "Machine type."), "machine", (s, v) => s.Machine = v);
        Add(Choice<Accelerator>(command, "--accel", "What runs the guest's CPUs."), "accelerator", (s, v) => s.Accelerator = (Accelerator)v!.Value);
        Add(command.Text("--kernel", "FILE", "Start this kernel instead of what the firmware finds."), "kernel", (s, v) => Kernel(s).KernelPath = Path.GetFullPath(v!));
        Add(command.Text("--initrd", "FILE", "Initial RAM disk for --kernel."), "kernel", (s, v) => Kernel(s).InitrdPath = Path.GetFullPath(v!));
        Add(command.Text("--cmdline", "TEXT", "Command line for --kernel."), "kernel", (s, v) => Kernel(s).Cmdline = v);
        Add(
            command.Texts("--disk", "path=FILE,format=raw|qcow2[,readonly=on][,serial=S][,name=N]", "A disk; may be given several times."),
            "disks",
            (s, v) => Replace(s.Disks, v.Select(DeviceFlags.Disk)));
        Add(
            command.Texts("--net", "user[,mac=M][,restricted=on][,name=N]|none", "A network interface; may be given several times."),
            "network_interfaces",
            (s, v) => Replace(s.NetworkInterfaces, v.Select(DeviceFlags.Network).OfType<NetworkInterface>()));
        Add(command.Text("--boot-order", "NAME,…", "Disks and network interfaces in the order the firmware tries them."), "boot_order", (s, v) => Replace(s.BootOrder, v!.Split(',')));
        Add(command.Flag("--vnc", "Give the VM a display, by VNC on a unix socket."), "display", (s, v) => (s.Display ??= new DisplaySpec()).Vnc = v);
        Add(command.Flag("--no-rng", "No random number device."), "rng", (s, v) => s.Rng = !v);
        Add(command.Flag("--no-balloon", "No memory balloon."), "balloon", (s, v) => s.Balloon = !v);
        Add(command.Flag("--no-console", "No serial console."), "console", (s, v) => (s.Console ??= new ConsoleSpec()).Disabled = v);
        Add(command.Size("--console-history", "How much of the console's output is kept."), "console", (s, v) => (s.Console ??= new ConsoleSpec()).HistoryBytes = v!.Value);
        Add(Choice<PanicAction>(command, "--on-panic", "What happens when the guest's kernel panics."), "on_panic", (s, v) => s.OnPanic = (PanicAction)v!.Value);
        Add(
            Choice<WatchdogAction>(command, "--watchdog", "Add a watchdog device; what happens when the guest no longer feeds it."),
            "watchdog",
            (s, v) => (s.Watchdog ??= new WatchdogSpec()).Action = (WatchdogAction)v!.Value);
        Add(
            Choice<RestartMode>(command, "--restart", "Whether QEMU is started again after it died by itself."),
            "restart",
            (s, v) => (s.Restart ??= new RestartPolicy()).Mode = (RestartMode)v!.Value);
        Add(command.Number("--max-restarts", "Give up after so many restarts in a row."), "restart", (s, v) => (s.Restart ??= new RestartPolicy()).MaxRestarts = v!.Value);
        Add(command.Flag("--autostart", "Start the VM when the host boots."), "autostart", (s, v) => Autostart(s).Enabled = v);
        Add(command.Number("--autostart-order", "Lower starts earlier."), "autostart", (s, v) => Autostart(s).Order = v!.Value);
        Add(command.Duration("--autostart-delay", "Wait this long when its turn has come."), "autostart", (s, v) => Autostart(s).Delay = v);
        Add(command.Duration("--shutdown-timeout", "How long the guest may take to shut down."), "shutdown", (s, v) => Shutdown(s).Timeout = v);
        Add(
            Choice<ShutdownFallback>(command, "--shutdown-fallback", "What comes when the guest does not shut down in time."),
            "shutdown",
            (s, v) => Shutdown(s).Fallback = (ShutdownFallback)v!.Value);
    }

    /// <summary>Whether any of the options was given.</summary>
    public bool AnyGiven(Call call) => _flags.Exists(f => call.Has(f.Option));

    /// <summary>Sets what was asked for.</summary>
    /// <returns>Paths of the fields that were set, for an update mask.</returns>
    public IReadOnlyList<string> Apply(Call call, VmSpec spec)
    {
        var fields = new List<string>();
        foreach (var (option, field, set) in _flags.Where(f => call.Has(f.Option)))
        {
            set(call, spec);
            fields.Add($"spec.{field}");
        }

        return [.. fields.Distinct()];
    }

    private void Add<T>(Option<T> option, string field, Action<VmSpec, T> set) =>
        _flags.Add((option, field, (call, spec) => set(spec, call.Get(option)!)));

    private static Option<int?> Choice<T>(Command command, string name, string description)
        where T : Enum =>
        command.Choice(name, description, VmReflection.Descriptor.FindTypeByName<EnumDescriptor>(typeof(T).Name));

    private static void Replace<T>(ICollection<T> target, IEnumerable<T> items)
    {
        target.Clear();
        foreach (var item in items)
        {
            target.Add(item);
        }
    }

    private static CpuSpec Cpu(VmSpec spec) => spec.Cpu ??= new CpuSpec();

    private static DirectKernel Kernel(VmSpec spec) => spec.Kernel ??= new DirectKernel();

    private static AutostartSpec Autostart(VmSpec spec) => spec.Autostart ??= new AutostartSpec();

    private static ShutdownPolicy Shutdown(VmSpec spec) => spec.Shutdown ??= new ShutdownPolicy();
}
