using System.Net;
using System.Text;
using CsCheck;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Tests.Bindings.Bus;

/// <summary>What arrives at systemd is what was meant, in the type that systemd wants.</summary>
public sealed class UnitValueTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_of_value_arrives_as_what_it_is()
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "f");
        await File.WriteAllTextAsync(file, "content", Ct);
        using var handle = File.OpenHandle(file);
        (UnitValue Value, string Text)[] expected =
        [
            (UnitValue.Of("machine.slice"), "<s 'machine.slice'>"),
            (UnitValue.Of("ä \" \\ \n"), "<s 'ä \" \\ \n'>"),
            (UnitValue.Of(true), "<b true>"),
            (UnitValue.Of(false), "<b false>"),
            (UnitValue.Of(-900), "<i -900>"),
            (UnitValue.Of(uint.MaxValue), "<u 4294967295>"),
            (UnitValue.Of(ulong.MaxValue), "<t 18446744073709551615>"),
            (UnitValue.Of(["A=1", "B= 2"]), "<as [s:'A=1' 'B= 2']>"),
            (UnitValue.Of(Array.Empty<string>()), "<as [s:]>"),
            (UnitValue.Of(new byte[] { 0, 15, 255 }.AsMemory()), "<ay [y:00 0f ff]>"),
            (UnitValue.Commands(new UnitCommand("/bin/x", ["x", "a b"]) { Flags = ["ignore-failure"] }), "<a(sasb) [(sasb):('/bin/x' [s:'x' 'a b'] true)]>"),
            (UnitValue.Commands(new UnitCommand("/bin/x", [])), "<a(sasb) [(sasb):('/bin/x' [s:] false)]>"),
            (UnitValue.CommandsEx(new UnitCommand("/bin/x", ["x"]) { Flags = ["privileged"] }), "<a(sasas) [(sasas):('/bin/x' [s:'x'] [s:'privileged'])]>"),
            (UnitValue.Pairs(("/dev/kvm", "rw"), ("/dev/null", "r")), "<a(ss) [(ss):('/dev/kvm' 'rw') ('/dev/null' 'r')]>"),
            (UnitValue.Weights(("/dev/sda", 500)), "<a(st) [(st):('/dev/sda' 500)]>"),
            (UnitValue.Binds(new UnitBind("/a", "/b") { IgnoreMissing = true, Recursive = false }, new UnitBind("/c", "/c")), "<a(ssbt) [(ssbt):('/a' '/b' true 0) ('/c' '/c' false 16384)]>"),
            (UnitValue.Networks(IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("fe80::/64")),
                "<a(iayu) [(iayu):(2 [y:7f 00 00 00] 8) (10 [y:fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 00] 64)]>"),
            (UnitValue.Descriptor(handle), "<h h'content'>"),
            (UnitValue.Choice(true, "AF_UNIX"), "<(bas) (true [s:'AF_UNIX'])>"),
            (UnitValue.Choice(false), "<(bas) (false [s:])>"),
            (UnitValue.ByteLists("VM_ID=1"u8.ToArray(), "X=y"u8.ToArray()), "<aay [ay:[y:56 4d 5f 49 44 3d 31] [y:58 3d 79]]>"),
        ];
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        await using var connection = await bus.ConnectAsync();

        var done = new Systemd1(connection).SetUnitPropertiesAsync(
            "x.service", true, [.. expected.Select((row, i) => new UnitProperty($"P{i}", row.Value))], Ct);

        var call = await service.NextAsync("SetUnitProperties");
        call.Arguments.ShouldBe($"'x.service' true [(sv):{string.Join(' ', expected.Select((row, i) => $"('P{i}' {row.Text})"))}]");
        service.Answer(call, static _ => { });
        await done;
    }

    [Fact]
    public async Task Any_text_arrives_unchanged()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        await using var connection = await bus.ConnectAsync();
        var systemd = new Systemd1(connection);
        string[] texts = Gen.String[Gen.Char.Where(letter => letter != '\0' && !char.IsSurrogate(letter)), 0, 200].Array[200].Single();

        var done = systemd.SetUnitPropertiesAsync("x", true, [new UnitProperty("Environment", UnitValue.Of(texts))], Ct);

        var call = await service.NextAsync("SetUnitProperties");
        call.Arguments.ShouldBe($"'x' true [(sv):('Environment' <as [s:{string.Join(' ', texts.Select(text => $"'{text}'"))}]>)]");
        service.Answer(call, static _ => { });
        await done;
    }

    [Fact]
    public async Task A_text_with_a_zero_in_it_is_never_sent_by_halves()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var service = new BusService(bus, Systemd1.Name);
        await using var connection = await bus.ConnectAsync();

        var refused = await Should.ThrowAsync<BusException>(() => new Systemd1(connection).SetUnitPropertiesAsync(
            "x", true, [new UnitProperty("Slice", UnitValue.Of("machine.slice\0x"))], Ct));

        refused.Failure.ShouldBe(BusFailure.Malformed);
        refused.MayHaveRun.ShouldBeFalse();
    }

    [Theory]
    [InlineData("a.service", "/a_2eservice")]
    [InlineData("nodeagent-vm-1.service", "/nodeagent_2dvm_2d1_2eservice")]
    [InlineData("1a", "/_31a")]
    [InlineData("ä", "/_c3_a4")]
    [InlineData("a_b", "/a_5fb")]
    [InlineData("", "/_")]
    public void A_unit_s_object_is_named_as_systemd_names_it(string unit, string path) =>
        UnitPath.Of(unit).ShouldBe(UnitPath.Root + path);
}
