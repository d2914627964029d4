using System.Collections.Immutable;
using CsCheck;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Rpc;

/// <summary>Any definition that the model can hold, sensible or not.</summary>
internal static class SpecGen
{
    private static readonly Gen<string> Word = Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789-"].Array[1, 12].Select(letters => new string(letters));
    private static readonly Gen<string?> MaybeWord = Gen.OneOf(Gen.Const((string?)null), Word.Select(word => (string?)word));
    private static readonly Gen<TimeSpan> Time = Gen.Long[0, 10L * 86_400 * 1000].Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds));

    private static readonly Gen<CpuSpec> Cpu = Gen.Select(
        Gen.Int[1, 1024],
        Gen.OneOf(Gen.Const((CpuTopology?)null), Gen.Select(Gen.Int[1, 4], Gen.Int[1, 2], Gen.Int[1, 8], Gen.Int[1, 2]).Select((s, d, c, t) => (CpuTopology?)new CpuTopology(s, d, c, t))),
        MaybeWord).Select((vcpus, topology, model) => new CpuSpec { Vcpus = vcpus, Topology = topology, Model = model });

    private static readonly Gen<DiskSpec> Disk = Gen.Select(Word, Word, Gen.Enum<DiskFormat>(), Gen.Bool, MaybeWord)
        .Select((name, path, format, readOnly, serial) => new DiskSpec { Name = name, Path = "/" + path, Format = format, ReadOnly = readOnly, Serial = serial });

    private static readonly Gen<NetworkInterfaceSpec> Network = Gen.Select(Word, Gen.Bool)
        .Select((name, restricted) => new NetworkInterfaceSpec { Name = name, Mac = "52:54:00:00:00:01", Restricted = restricted });

    private static readonly Gen<RestartPolicy> Restart = Gen.Select(Gen.Enum<RestartMode>(), Gen.Int[1, 100], Time, Time, Time)
        .Select((mode, most, first, longest, reset) => new RestartPolicy { Mode = mode, MaxRestarts = most, InitialBackoff = first, MaxBackoff = longest, ResetAfter = reset });

    private static readonly Gen<VmSpec> Machine = Gen.Select(
        Cpu, Gen.Long[0, 1L << 44], Word, Gen.Enum<AcceleratorChoice>(),
        Gen.OneOf(Gen.Const((DirectKernel?)null), Gen.Select(Word, MaybeWord, MaybeWord).Select((kernel, initrd, cmdline) => (DirectKernel?)new DirectKernel("/" + kernel, initrd, cmdline))),
        Gen.Bool, Gen.Bool).Select((cpu, memory, machine, accelerator, kernel, rng, balloon) => new VmSpec
        {
            Cpu = cpu,
            MemoryBytes = memory,
            Machine = machine,
            Accelerator = accelerator,
            Kernel = kernel,
            Rng = rng,
            Balloon = balloon,
        });

    private static readonly Gen<(ImmutableArray<DiskSpec>, ImmutableArray<NetworkInterfaceSpec>, ImmutableArray<string>)> Devices =
        Gen.Select(Disk.Array[0, 4], Network.Array[0, 3], Word.Array[0, 3])
            .Select((disks, networks, order) => (disks.ToImmutableArray(), networks.ToImmutableArray(), order.ToImmutableArray()));

    private static readonly Gen<(PanicAction, WatchdogAction?, AutostartSpec?, ShutdownPolicy, ConsoleSpec?, DisplaySpec?)> Policies = Gen.Select(
        Gen.Enum<PanicAction>(),
        Gen.OneOf(Gen.Const((WatchdogAction?)null), Gen.Enum<WatchdogAction>().Select(action => (WatchdogAction?)action)),
        Gen.OneOf(Gen.Const((AutostartSpec?)null), Gen.Select(Gen.Int, Time).Select((order, delay) => (AutostartSpec?)new AutostartSpec(order, delay))),
        Gen.Select(Time, Gen.Enum<ShutdownFallback>()).Select((timeout, fallback) => new ShutdownPolicy { Timeout = timeout, Fallback = fallback }),
        Gen.OneOf(Gen.Const((ConsoleSpec?)null), Gen.Int[1, int.MaxValue].Select(bytes => (ConsoleSpec?)new ConsoleSpec { HistoryBytes = bytes })),
        Gen.OneOf(Gen.Const((DisplaySpec?)null), Gen.Const((DisplaySpec?)new DisplaySpec(true))));

    public static Gen<VmDefinition> Definition { get; } = Gen.Select(Word, Gen.Dictionary(Word, Word)[0, 4], Machine, Devices, Restart, Policies)
        .Select((name, labels, machine, devices, restart, policies) => new VmDefinition
        {
            Id = Guid.NewGuid(),
            Name = name,
            Labels = labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Spec = machine with
            {
                Disks = devices.Item1,
                NetworkInterfaces = devices.Item2,
                BootOrder = devices.Item3,
                Restart = restart,
                OnPanic = policies.Item1,
                Watchdog = policies.Item2,
                Autostart = policies.Item3,
                Shutdown = policies.Item4,
                Console = policies.Item5,
                Display = policies.Item6,
            },
        });
}
