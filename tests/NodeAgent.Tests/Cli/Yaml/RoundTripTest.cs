using CsCheck;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Yaml;

public sealed class RoundTripTest
{
    private static readonly string[] Tricky =
    [
        "yes", "null", "~", "0x10", "1e3", "a: b", "- a", "#", "a #b", " lead", "trail ", "two\nlines\n", "\n", "\t", "'", "\"", "\\", "%", "@", "[", "{}", "!x", "&a", "*a", "|", ">", "🐧", "\u0085", "\u2028", "\ufeff", "\r\n",
    ];

    // Everything that a text can hold, surrogate halves aside: those are no text.
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char.Where(c => !char.IsSurrogate(c)), 0, 12],
        Gen.Int[0, Tricky.Length - 1].Select(i => Tricky[i]));

    private static readonly Gen<Duration?> Time = Gen.Select(Gen.Long[0, 1_000_000], Gen.Int[0, 999_999_999], (s, n) => new Duration { Seconds = s, Nanos = n }).Null();

    private static readonly Gen<Disk> Disks = Gen.Select(Text, Text, Gen.Int[0, 2], Gen.Bool, (name, path, format, readOnly) =>
        new Disk { Name = name, Path = path, Format = (DiskFormat)format, ReadOnly = readOnly });

    private static readonly Gen<NetworkInterface> Networks = Gen.Select(Text, Gen.Bool, Gen.Bool, (mac, user, restricted) =>
        new NetworkInterface { Mac = mac, User = user ? new UserNetwork { Restricted = restricted } : null });

    private static readonly Gen<Vm> Vms = Gen.Select(
        Gen.Select(Text, Text, Gen.Dictionary(Text, Text)[0, 4]),
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int, Gen.Int[0, 3], Text),
        Gen.Select(Disks.List[0, 3], Networks.List[0, 3], Text.List[0, 3]),
        Gen.Select(Time, Gen.Bool.Nullable(), Gen.Bool),
        (names, numbers, devices, rest) => new Vm
        {
            Name = names.Item1,
            Id = names.Item2,
            Labels = { names.Item3 },
            Spec = new VmSpec
            {
                MemoryBytes = numbers.Item1,
                Cpu = new CpuSpec { Vcpus = numbers.Item2 },
                Accelerator = (Accelerator)numbers.Item3,
                Machine = numbers.Item4,
                Disks = { devices.Item1 },
                NetworkInterfaces = { devices.Item2 },
                BootOrder = { devices.Item3 },
                Shutdown = new ShutdownPolicy { Timeout = rest.Item1 },
                Console = rest.Item3 ? new ConsoleSpec() : null,
            }.With(s =>
            {
                if (rest.Item2 is { } rng)
                {
                    s.Rng = rng;
                }
            }),
        });

    [Fact]
    public void What_is_written_is_read_back() => Vms.Sample(
        vm =>
        {
            var text = YamlText.Write(vm);
            YamlText.Read(text).ShouldBe(vm, text);
        },
        iter: 2000);
}

internal static class Building
{
    public static T With<T>(this T value, Action<T> change)
    {
        change(value);
        return value;
    }
}
