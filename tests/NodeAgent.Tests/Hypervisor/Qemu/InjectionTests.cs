using System.Text.Json;
using CsCheck;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>No text of a spec gets out of the option that it belongs to.</summary>
public sealed class InjectionTests
{
    // Whatever means something to one of QEMU's parsers, beside what does not.
    private static readonly string[] Pieces =
        [",", ",,", "=", "\"", "\\", "{", "}", "'", " ", ":", "%", "$", "a", "é", "🙂", "/", "readonly=on", ",id=x", "-device", "\u2028", "\uffff"];

    private static readonly Gen<string> Text =
        Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[1, 6].Select(pieces => string.Concat(pieces));

    [Fact]
    public void Text_stays_in_its_option() => Gen.Select(Text, Text, Text).Sample((path, serial, directory) =>
    {
        var disk = new DiskSpec { Name = "x", Path = "/" + path, Format = DiskFormat.Qcow2, Serial = serial };
        var image = new ImageLayer { Path = "/" + path, Format = DiskFormat.Qcow2, IsBlockDevice = false, VirtualSize = 1 };
        var spec = SampleVm.Plain with { Disks = [disk], Display = new DisplaySpec(true), Kernel = new DirectKernel("/" + path, null, serial) };
        var arguments = Build(spec, $"/{directory}d", new DiskImage(disk, image with { Backing = image, DataFile = image with { Format = DiskFormat.Raw } }));
        var harmless = Build(
            spec with { Kernel = new DirectKernel("/p", null, "s"), Disks = [disk with { Path = "/p", Serial = "s" }] },
            "/d",
            new DiskImage(disk with { Serial = "s" }, Plain("/p", image)));

        // The same options, and in them the same members: nothing was added, and the texts are what they were.
        arguments.Length.ShouldBe(harmless.Length);
        for (var i = 0; i < arguments.Length; i++)
        {
            var (actual, expected) = (Shape(arguments, i), Shape(harmless, i));
            actual.Select(pair => pair.Key).ShouldBe(expected.Select(pair => pair.Key));
            foreach (var (one, other) in actual.Zip(expected))
            {
                var wanted = other.Value switch
                {
                    "/p" => "/" + path,
                    "s" => serial,
                    var value when value.StartsWith("unix:/d/", StringComparison.Ordinal) => $"unix:/{directory}d/{value["unix:/d/".Length..]}",
                    var value => value,
                };
                one.Value.ShouldBe(wanted);
            }
        }
    });

    [Fact]
    public async Task QEMU_opens_the_file_of_the_strange_name_and_no_other()
    {
        RealQemu.SkipWithout();
        using var home = new TemporaryDirectory();
        var names = new[] { "a,readonly=on", "b,,c", "d\"},\"x\":{\"", "e\\", "f%s$HOME`id`", "json:{}", "g:h", " i ", "-device", "é🙂\u2028" };
        foreach (var name in names)
        {
            await File.WriteAllBytesAsync(Path.Combine(home.Path, name), new byte[512], TestContext.Current.CancellationToken);
        }

        DiskSpec[] disks = [.. names.Select((name, i) => new DiskSpec { Name = $"d{i}", Path = Path.Combine(home.Path, name), Format = DiskFormat.Raw })];
        var odd = new RunDirectory(Path.Combine(home.Path, "run=,to=9,x"), SampleVm.Define(SampleVm.Plain).Id);
        var spec = SampleVm.Plain with { Accelerator = AcceleratorChoice.Tcg, Disks = [.. disks], Display = new DisplaySpec(true) };
        var boot = await new BootPlanner(
            () => new ImageRoots([home.Path]),
            _ => Task.FromResult(new BootFacts(new QemuProbeResult.Answered(SampleQemu.Capabilities, false), new KvmSuitability(KvmFitness.Unavailable, "no"))),
            TimeProvider.System).PlanAsync(SampleVm.Define(spec), odd, TestContext.Current.CancellationToken);

        await using var qemu = await RealQemu.StartAsync(boot, boot.Arguments, boot.Files, odd, withConsole: true);
        var nodes = await qemu.AskAsync(QmpCommands.QueryNamedBlockNodes, new NamedBlockNodesArguments(true));
        var sets = await qemu.AskAsync(QmpCommands.QueryFdSets);
        foreach (var disk in disks)
        {
            var node = nodes.Single(node => node.NodeName == $"f0-{disk.Name}");
            var set = sets.Single(set => node.File == $"/dev/fdset/{set.FdsetId}");
            set.Fds.Single().Opaque.ShouldBe(disk.Path);
            new FileInfo($"/proc/{qemu.Pid}/fd/{set.Fds.Single().Fd}").LinkTarget.ShouldBe(disk.Path);
            node.Drv.ShouldBe("file");
            node.Ro.ShouldBeFalse();
        }

        File.Exists(odd.VncSocket).ShouldBeTrue();
    }

    private static string[] Build(VmSpec spec, string directory, DiskImage disk) =>
    [
        .. CommandLine.Build(SampleVm.Define(spec), new LaunchChoices
        {
            Qemu = SampleQemu.Capabilities,
            Accelerator = new AcceleratorDecision.Use(Accelerator.Tcg, "max", "test"),
            Directory = new RunDirectory(directory, SampleVm.Define(spec).Id),
            Disks = [disk],
            Kernel = new KernelImage(spec.Kernel!.KernelPath, null, spec.Kernel.Cmdline),
        }).Arguments,
    ];

    private static ImageLayer Plain(string path, ImageLayer image)
    {
        var plain = image with { Path = path };
        return plain with { Backing = plain, DataFile = plain with { Format = DiskFormat.Raw } };
    }

    /// <summary>What QEMU sees of an argument: names and values.</summary>
    private static IReadOnlyList<KeyValuePair<string, string>> Shape(string[] arguments, int index)
    {
        var argument = arguments[index];
        if (index == 0 || arguments[index - 1] is "-kernel" or "-append" or "-initrd")
        {
            return [new("", argument)];
        }

        return argument.StartsWith('{') ? [.. Members(JsonDocument.Parse(argument).RootElement)] : OptionParser.Pairs(argument);
    }

    private static IEnumerable<KeyValuePair<string, string>> Members(JsonElement element) => element.EnumerateObject().SelectMany(member =>
        member.Value.ValueKind == JsonValueKind.Object
            ? Members(member.Value).Select(inner => new KeyValuePair<string, string>($"{member.Name}.{inner.Key}", inner.Value))
            : [new(member.Name, member.Value.ToString())]);
}
