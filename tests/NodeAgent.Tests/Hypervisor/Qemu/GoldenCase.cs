using System.Collections.Immutable;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>
/// A spec, with what was decided for it, whose argument list is written down in golden/NAME.args. All files are said to
/// be under /golden, so that they can be made elsewhere and the list tried on a real QEMU.
/// </summary>
internal sealed record GoldenCase(string Name, VmSpec Spec)
{
    public const string Root = "/golden";

    public ImmutableArray<DiskImage> Disks { get; init; } = [];

    public KernelImage? Kernel { get; init; }

    public QemuCapabilities Qemu { get; init; } = SampleQemu.Capabilities;

    public KvmSuitability Kvm { get; init; } = new(KvmFitness.Fit, "64-bit guests run at the processor's speed");

    public static ImmutableArray<GoldenCase> All { get; } =
    [
        new("q35-bare-tcg", SampleVm.Bare with { Accelerator = AcceleratorChoice.Tcg }),
        new("q35-plain-kvm", SampleVm.Plain),
        new("q35-no-sandbox", SampleVm.Plain) { Qemu = SampleQemu.Capabilities with { Options = ["vnc"] } },
        Everything("q35-everything-kvm", "q35"),
        Everything("q35-old-version-tcg", "pc-q35-5.2") with { Kvm = new(KvmFitness.EmulatedOnly, "slow") },
        Everything("pc-everything-tcg", "pc") with { Kvm = new(KvmFitness.Unavailable, "no /dev/kvm") },
        new("pc-emulated-kvm", SampleVm.Plain with { Machine = "pc", Accelerator = AcceleratorChoice.Kvm }) { Kvm = new(KvmFitness.EmulatedOnly, "slow") },
        Full("q35-full-tcg", "q35", 8),
        Full("pc-full-tcg", "pc", 8),
        WithKernel(Full("microvm-full-tcg", "microvm", 7)),
        WithKernel(new("microvm-plain-kvm", SampleVm.Plain with { Machine = "microvm" })),
        WithKernel(new("microvm-bare-tcg", SampleVm.Bare with { Machine = "microvm", Accelerator = AcceleratorChoice.Tcg })),
        WithKernel(new("q35-kernel-tcg", SampleVm.Plain with { Accelerator = AcceleratorChoice.Tcg })),
        OddNames(),
        DataFile(),
        BlockDevice(),
    ];

    public static GoldenCase Find(string name) => All.Single(golden => golden.Name == name);

    public BootContract Build(string root = Root) => CommandLine.Build(SampleVm.Define(Spec), new LaunchChoices
    {
        Qemu = Qemu,
        Accelerator = AcceleratorPolicy.Decide(Spec, Kvm, Qemu).ShouldBeOfType<AcceleratorDecision.Use>(),
        Directory = new RunDirectory($"{root}/run", SampleVm.Define(Spec).Id),
        Disks = Disks,
        Kernel = Kernel,
    });

    private static GoldenCase Everything(string name, string machine)
    {
        DiskSpec system = new() { Name = "system", Path = $"{Root}/system.qcow2", Format = DiskFormat.Qcow2, Serial = "SYS-0001" };
        DiskSpec data = new() { Name = "data", Path = $"{Root}/data.raw", Format = DiskFormat.Raw };
        DiskSpec medium = new() { Name = "medium", Path = $"{Root}/medium.raw", Format = DiskFormat.Raw, ReadOnly = true };
        var spec = SampleVm.Plain with
        {
            Machine = machine,
            Cpu = new CpuSpec { Vcpus = 8, Topology = new CpuTopology(2, 1, 2, 2) },
            MemoryBytes = 256L << 20,
            Disks = [system, data, medium],
            NetworkInterfaces =
            [
                new() { Name = "lan", Mac = "52:54:00:AB:CD:01" },
                new() { Name = "cut-off", Mac = "52:54:00:ab:cd:02", Restricted = true },
            ],
            Display = new DisplaySpec(Vnc: true),
            BootOrder = ["medium", "lan", "system"],
            Watchdog = WatchdogAction.Stop,
            OnPanic = PanicAction.Reset,
        };
        var middle = Layer("middle.qcow2", DiskFormat.Qcow2) with { Backing = Layer("base.raw", DiskFormat.Raw) };
        return new GoldenCase(name, spec)
        {
            Disks =
            [
                new(system, Layer("system.qcow2", DiskFormat.Qcow2) with { Backing = middle }),
                new(data, Layer("data.raw", DiskFormat.Raw)),
                new(medium, Layer("medium.raw", DiskFormat.Raw)),
            ],
        };
    }

    /// <summary>Every place of the machine taken.</summary>
    private static GoldenCase Full(string name, string machine, int networks)
    {
        ImmutableArray<DiskSpec> disks =
        [
            .. Enumerable.Range(0, DeviceLimits.Disks).Select(i =>
                new DiskSpec { Name = $"disk{i}", Path = $"{Root}/disk{i}.raw", Format = DiskFormat.Raw }),
        ];
        var spec = SampleVm.Plain with
        {
            Machine = machine,
            Accelerator = AcceleratorChoice.Tcg,
            Disks = disks,
            NetworkInterfaces = [.. Enumerable.Range(0, networks).Select(i => new NetworkInterfaceSpec { Name = $"net{i}", Mac = $"52:54:00:00:00:{i:x2}" })],
        };
        return new GoldenCase(name, spec) { Disks = [.. disks.Select((disk, i) => new DiskImage(disk, Layer($"disk{i}.raw", DiskFormat.Raw)))] };
    }

    private static GoldenCase WithKernel(GoldenCase golden)
    {
        const string Cmdline = "console=ttyS0,115200 root=/dev/vda x=\"a b\" -- é";
        return golden with
        {
            Spec = golden.Spec with { Kernel = new DirectKernel($"{Root}/kernel", $"{Root}/initrd", Cmdline) },
            Kernel = new KernelImage($"{Root}/kernel", $"{Root}/initrd", Cmdline),
        };
    }

    private static GoldenCase OddNames()
    {
        const string File = "a,b=c;'d' \"e\" {f} \\g $h %i é漢🙂,readonly=on.raw";
        DiskSpec disk = new() { Name = "0.a_b-C", Path = $"{Root}/{File}", Format = DiskFormat.Raw, Serial = "\",=\\{}" };
        return new GoldenCase("q35-odd-names", SampleVm.Plain with { Accelerator = AcceleratorChoice.Tcg, Disks = [disk] })
        {
            Disks = [new(disk, Layer(File, DiskFormat.Raw))],
        };
    }

    private static GoldenCase DataFile()
    {
        DiskSpec disk = new() { Name = "split", Path = $"{Root}/split.qcow2", Format = DiskFormat.Qcow2 };
        return new GoldenCase("q35-data-file", SampleVm.Plain with { Accelerator = AcceleratorChoice.Tcg, Disks = [disk] })
        {
            Disks = [new(disk, Layer("split.qcow2", DiskFormat.Qcow2) with { DataFile = Layer("split.data", DiskFormat.Raw) })],
        };
    }

    private static GoldenCase BlockDevice()
    {
        DiskSpec disk = new() { Name = "lv", Path = $"{Root}/lv", Format = DiskFormat.Raw };
        return new GoldenCase("q35-block-device", SampleVm.Plain with { Disks = [disk] })
        {
            Disks = [new(disk, Layer("lv", DiskFormat.Raw) with { IsBlockDevice = true })],
        };
    }

    private static ImageLayer Layer(string file, DiskFormat format) =>
        new() { Path = $"{Root}/{file}", Format = format, IsBlockDevice = false, VirtualSize = 1 << 20 };
}
