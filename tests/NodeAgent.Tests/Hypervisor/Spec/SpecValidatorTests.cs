using System.Collections.Immutable;
using CsCheck;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Tests.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Spec;

public sealed class SpecValidatorTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();
    private readonly ImageRoots _roots;

    public SpecValidatorTests()
    {
        Directory.CreateDirectory(In("images/sub"));
        Directory.CreateDirectory(In("outside"));
        foreach (var file in new[] { "images/a", "images/b", "images/sub/c", "images/with blank", "images/with,comma", "outside/secret", "images-too" })
        {
            File.WriteAllBytes(In(file), [1]);
        }

        File.CreateSymbolicLink(In("images/inside"), In("images/sub/c"));
        File.CreateSymbolicLink(In("images/away"), In("outside/secret"));
        Directory.CreateSymbolicLink(In("images/away-directory"), In("outside"));
        Directory.CreateSymbolicLink(In("pool"), In("images"));
        File.CreateSymbolicLink(In("images/loop"), In("images/loop"));
        using var pipe = System.Diagnostics.Process.Start("mkfifo", In("images/pipe"));
        pipe.WaitForExit();
        _roots = new ImageRoots([In("images")]);
    }

    public static TheoryData<string, string, Func<VmSpec, VmSpec>> Wrong => new()
    {
        { "no vcpus", "spec.cpu.vcpus", spec => spec with { Cpu = spec.Cpu with { Vcpus = 0 } } },
        { "too many vcpus", "spec.cpu.vcpus", spec => spec with { Cpu = spec.Cpu with { Vcpus = 1025 } } },
        { "product", "spec.cpu.topology", spec => spec with { Cpu = new CpuSpec { Vcpus = 4, Topology = new(1, 1, 3, 1) } } },
        { "no threads", "spec.cpu.topology.threads", spec => spec with { Cpu = new CpuSpec { Vcpus = 4, Topology = new(1, 1, 4, 0) } } },
        { "product beyond 64 bits", "spec.cpu.topology.dies", spec => spec with { Cpu = new CpuSpec { Vcpus = 4, Topology = new(1024, int.MaxValue, 1024, 1024) } } },
        { "model with a comma", "spec.cpu.model", spec => spec with { Cpu = spec.Cpu with { Model = "host,+vmx" } } },
        { "empty model", "spec.cpu.model", spec => spec with { Cpu = spec.Cpu with { Model = "" } } },
        { "half a MiB", "spec.memory_bytes", spec => spec with { MemoryBytes = (1 << 20) + (1 << 19) } },
        { "no memory", "spec.memory_bytes", spec => spec with { MemoryBytes = 0 } },
        { "negative memory", "spec.memory_bytes", spec => spec with { MemoryBytes = -(1L << 20) } },
        { "too much memory", "spec.memory_bytes", spec => spec with { MemoryBytes = (16L << 40) + (1 << 20) } },
        { "unknown machine", "spec.machine", spec => spec with { Machine = "isapc" } },
        { "machine with options", "spec.machine", spec => spec with { Machine = "pc-q35-7.2,accel=tcg" } },
        { "unknown accelerator", "spec.accelerator", spec => spec with { Accelerator = (AcceleratorChoice)9 } },
        { "unknown panic action", "spec.on_panic", spec => spec with { OnPanic = (PanicAction)9 } },
        { "unknown watchdog action", "spec.watchdog.action", spec => spec with { Watchdog = (WatchdogAction)9 } },
        { "disk without name", "spec.disks[0].name", spec => WithDisk(spec, disk => disk with { Name = "" }) },
        { "disk name with a comma", "spec.disks[0].name", spec => WithDisk(spec, disk => disk with { Name = "a,b" }) },
        { "long disk name", "spec.disks[0].name", spec => WithDisk(spec, disk => disk with { Name = new string('a', 25) }) },
        { "reserved disk name", "spec.disks[0].name", spec => WithDisk(spec, disk => disk with { Name = "rng" }) },
        { "disk named as a port", "spec.disks[0].name", spec => WithDisk(spec, disk => disk with { Name = "port12" }) },
        { "unknown format", "spec.disks[0].format", spec => WithDisk(spec, disk => disk with { Format = (DiskFormat)7 }) },
        { "long serial", "spec.disks[0].serial", spec => WithDisk(spec, disk => disk with { Serial = new string('1', 21) }) },
        { "serial with a blank", "spec.disks[0].serial", spec => WithDisk(spec, disk => disk with { Serial = "1 2" }) },
        { "serial with a line break", "spec.disks[0].serial", spec => WithDisk(spec, disk => disk with { Serial = "1\n2" }) },
        { "same name twice", "spec.disks[1].name", spec => spec with { Disks = [Disk("x", "a"), Disk("x", "b")] } },
        { "disk and network of the same name", "spec.network_interfaces[0].name", spec => spec with { Disks = [Disk("x", "a")], NetworkInterfaces = [Network("x")] } },
        { "same file twice", "spec.disks[1].path", spec => spec with { Disks = [Disk("x", "a"), Disk("y", "sub/../a")] } },
        { "same file twice, one read only", "spec.disks[1].path", spec => spec with { Disks = [Disk("x", "a") with { ReadOnly = true }, Disk("y", "a")] } },
        { "too many disks", "spec.disks", spec => spec with { Disks = [.. Enumerable.Range(0, 17).Select(i => Disk($"d{i}", "a") with { ReadOnly = true })] } },
        { "too many networks", "spec.network_interfaces", spec => spec with { NetworkInterfaces = [.. Enumerable.Range(0, 9).Select(i => Network($"n{i}", $"52:54:00:00:00:0{i}"))] } },
        { "multicast address", "spec.network_interfaces[0].mac", spec => spec with { NetworkInterfaces = [Network("n", "53:54:00:00:00:01")] } },
        { "zero address", "spec.network_interfaces[0].mac", spec => spec with { NetworkInterfaces = [Network("n", "00:00:00:00:00:00")] } },
        { "address with dashes", "spec.network_interfaces[0].mac", spec => spec with { NetworkInterfaces = [Network("n", "52-54-00-00-00-01")] } },
        { "address with a sign", "spec.network_interfaces[0].mac", spec => spec with { NetworkInterfaces = [Network("n", "52:54:00:00:00:+1")] } },
        { "same address twice", "spec.network_interfaces[1].mac", spec => spec with { NetworkInterfaces = [Network("n", "52:54:00:00:00:aa"), Network("m", "52:54:00:00:00:AA")] } },
        { "unknown name in the boot order", "spec.boot_order[0]", spec => spec with { BootOrder = ["ghost"] } },
        { "the same twice in the boot order", "spec.boot_order[1]", spec => spec with { Disks = [Disk("x", "a")], BootOrder = ["x", "x"] } },
        { "small history", "spec.console.history_bytes", spec => spec with { Console = new ConsoleSpec { HistoryBytes = 4095 } } },
        { "large history", "spec.console.history_bytes", spec => spec with { Console = new ConsoleSpec { HistoryBytes = (16 << 20) + 1 } } },
        { "no shutdown time", "spec.shutdown.timeout", spec => spec with { Shutdown = new ShutdownPolicy { Timeout = TimeSpan.Zero } } },
        { "no memory for QEMU itself", "spec.resources.memory_max_bytes", spec => spec with { Resources = new ResourceSpec { MemoryMaxBytes = spec.MemoryBytes } } },
        { "too little memory for QEMU itself", "spec.resources.memory_max_bytes", spec => spec with { Resources = new ResourceSpec { MemoryMaxBytes = spec.MemoryBytes + (64 << 20) - 1 } } },
        { "negative delay", "spec.autostart.delay", spec => spec with { Autostart = new AutostartSpec(0, TimeSpan.FromSeconds(-1)) } },
        { "no restarts", "spec.restart.max_restarts", spec => spec with { Restart = new RestartPolicy { MaxRestarts = 0 } } },
        { "short back-off", "spec.restart.initial_backoff", spec => spec with { Restart = new RestartPolicy { InitialBackoff = TimeSpan.FromMilliseconds(99) } } },
        { "back-off that shrinks", "spec.restart.max_backoff", spec => spec with { Restart = new RestartPolicy { InitialBackoff = TimeSpan.FromMinutes(2) } } },
        { "no reset time", "spec.restart.reset_after", spec => spec with { Restart = new RestartPolicy { ResetAfter = TimeSpan.Zero } } },
        { "microvm without kernel", "spec.kernel", spec => spec with { Machine = "microvm" } },
        { "microvm with watchdog", "spec.watchdog", spec => Microvm(spec) with { Watchdog = WatchdogAction.Reset } },
        { "microvm with display", "spec.display.vnc", spec => Microvm(spec) with { Display = new DisplaySpec(true) } },
        { "microvm with dies", "spec.cpu.topology.dies", spec => Microvm(spec) with { Cpu = new CpuSpec { Vcpus = 2, Topology = new(1, 2, 1, 1) } } },
        { "microvm with 8 networks", "spec.network_interfaces", spec => Microvm(spec) with { NetworkInterfaces = [.. Enumerable.Range(0, 8).Select(i => Network($"n{i}", $"52:54:00:00:00:0{i}"))] } },
        { "missing kernel", "spec.kernel.kernel_path", spec => spec with { Kernel = new DirectKernel("@/missing") } },
        { "missing initrd", "spec.kernel.initrd_path", spec => spec with { Kernel = new DirectKernel("@/a", "@/missing") } },
        { "initrd with a comma", "spec.kernel.initrd_path", spec => spec with { Kernel = new DirectKernel("@/a", "@/with,comma") } },
        { "initrd with a blank", "spec.kernel.initrd_path", spec => spec with { Kernel = new DirectKernel("@/a", "@/with blank") } },
        { "command line with a line break", "spec.kernel.cmdline", spec => spec with { Kernel = new DirectKernel("@/a", null, "a\nb") } },
        { "long command line", "spec.kernel.cmdline", spec => spec with { Kernel = new DirectKernel("@/a", null, new string('é', 1024)) } },
        { "empty path", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "" }) },
        { "relative path", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "a" }) },
        { "missing file", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/missing" }) },
        { "directory", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/sub" }) },
        { "the root itself", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@" }) },
        { "pipe", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/pipe" }) },
        { "outside", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "/etc/passwd" }) },
        { "outside by dots", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/../outside/secret" }) },
        { "outside by a link", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/away" }) },
        { "outside by a linked directory", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/away-directory/secret" }) },
        { "a neighbour whose name begins with the root's", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@-too" }) },
        { "loop of links", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/loop" }) },
        { "zero in the path", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/a\0b" }) },
        { "line break in the path", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/a\nb" }) },
        { "half a character in the path", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/a\ud83d" }) },
        { "long path", "spec.disks[0].path", spec => WithDisk(spec, disk => disk with { Path = "@/" + new string('a', 5000) }) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_field_is_named_with_a_remedy(string what, string field, Func<VmSpec, VmSpec> spoil)
    {
        var violations = Validate(spoil(SampleVm.Plain));
        var violation = violations.ShouldHaveSingleItem(what);
        violation.Field.ShouldBe(field);
        violation.Description.Length.ShouldBeGreaterThan(20);
        violation.Description.Any(char.IsControl).ShouldBeFalse();
    }

    [Fact]
    public void Right_spec_has_no_violation()
    {
        var spec = SampleVm.Plain with
        {
            Cpu = new CpuSpec { Vcpus = 12, Topology = new(1, 2, 3, 2), Model = "Skylake-Client-v1" },
            Disks = [Disk("a", "a"), Disk("b", "inside"), Disk("c", "with,comma"), Disk("d", "sub/../b")],
            NetworkInterfaces = [Network("lan")],
            Kernel = new DirectKernel("@/with blank", "@/b", "console=ttyS0"),
            BootOrder = ["lan", "b"],
            Watchdog = WatchdogAction.Nmi,
            Display = new DisplaySpec(true),
            Autostart = new AutostartSpec(1, TimeSpan.FromSeconds(5)),
        };
        Validate(spec).ShouldBeEmpty();
        Validate(Microvm(SampleVm.Plain)).ShouldBeEmpty();
    }

    [Fact]
    public void File_may_be_shared_by_disks_that_only_read() => Validate(SampleVm.Plain with
    {
        Disks = [Disk("x", "a") with { ReadOnly = true }, Disk("y", "a") with { ReadOnly = true }],
    }).ShouldBeEmpty();

    [Fact]
    public void Root_may_be_a_link_and_may_be_named_by_its_real_path()
    {
        var roots = new ImageRoots([In("pool")]);
        foreach (var path in new[] { In("pool/a"), In("images/a") })
        {
            roots.TryOpen(path, out var file, out var problem).ShouldBeTrue(problem);
            using (file)
            {
                file!.RealPath.ShouldBe(In("images/a"));
            }
        }
    }

    [Fact]
    public void What_is_outside_is_not_even_looked_at()
    {
        _roots.TryOpen("/etc/passwd", out _, out var existing).ShouldBeFalse();
        _roots.TryOpen("/etc/no-such-file", out _, out var missing).ShouldBeFalse();
        existing!.Replace("passwd", "no-such-file", StringComparison.Ordinal).ShouldBe(missing);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var definition = SampleVm.Define(SampleVm.Plain with { MemoryBytes = 1, Machine = "x", BootOrder = ["y"] }, "Bad Name") with
        {
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("", "x").Add("k", new string('v', 256)),
        };
        SpecValidator.Validate(definition, _roots).Select(violation => violation.Field)
            .ShouldBe(["name", "labels['']", "labels['k']", "spec.machine", "spec.memory_bytes", "spec.boot_order[0]"], ignoreOrder: true);
    }

    [Fact]
    public void Too_many_labels_are_refused()
    {
        var labels = Enumerable.Range(0, 65).ToImmutableSortedDictionary(i => $"k{i}", _ => "v", StringComparer.Ordinal);
        SpecValidator.Validate(SampleVm.Define(SampleVm.Plain) with { Labels = labels }, _roots).ShouldHaveSingleItem().Field.ShouldBe("labels");
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("0.a-b_c", true)]
    [InlineData("", false)]
    [InlineData("A", false)]
    [InlineData("-a", false)]
    [InlineData("a,b", false)]
    [InlineData("a\n", false)]
    [InlineData("é", false)]
    public void Names_are_of_few_characters(string name, bool right) =>
        SpecValidator.Validate(SampleVm.Define(SampleVm.Plain, name), _roots).IsEmpty.ShouldBe(right);

    [Fact]
    public void No_path_ever_leads_out_of_the_roots()
    {
        string[] parts = ["..", ".", "", "sub", "away", "away-directory", "inside", "loop", "a", "secret", "images", "outside", "pool", "\0", "pipe"];
        Gen.Int[0, parts.Length - 1].Select(i => parts[i]).Array[0, 8].Sample(path =>
        {
            if (_roots.TryOpen(In("images/" + string.Join('/', path)), out var file, out _))
            {
                using (file!)
                {
                    file.RealPath.ShouldStartWith(In("images/"));
                    file.RealPath.ShouldBeOneOf(In("images/a"), In("images/sub/c"));
                }
            }
        });
    }

    public void Dispose() => _home.Dispose();

    private static DiskSpec Disk(string name, string file) => new() { Name = name, Path = $"@/{file}", Format = DiskFormat.Raw };

    private static NetworkInterfaceSpec Network(string name, string mac = "52:54:00:00:00:01") => new() { Name = name, Mac = mac };

    private static VmSpec WithDisk(VmSpec spec, Func<DiskSpec, DiskSpec> change) => spec with { Disks = [change(Disk("x", "a"))] };

    private static VmSpec Microvm(VmSpec spec) => spec with { Machine = "microvm", Kernel = new DirectKernel("@/a") };

    private ImmutableArray<FieldViolation> Validate(VmSpec spec) => SpecValidator.Validate(
        SampleVm.Define(spec with
        {
            Disks = [.. spec.Disks.Select(disk => disk with { Path = Here(disk.Path) })],
            Kernel = spec.Kernel is { } kernel
                ? kernel with { KernelPath = Here(kernel.KernelPath), InitrdPath = kernel.InitrdPath is { } initrd ? Here(initrd) : null }
                : null,
        }),
        _roots);

    private string Here(string path) => path.StartsWith('@') ? In("images") + path[1..] : path;

    private string In(string path) => Path.Combine(_home.Path, path);
}
