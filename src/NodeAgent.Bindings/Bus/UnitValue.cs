using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// The value of a unit property: the closed set of the types that we use. The name of the property decides which one
/// systemd wants (org.freedesktop.systemd1(5)).
/// </summary>
public abstract record UnitValue
{
    private UnitValue(string signature) => Signature = signature;

    /// <summary>Its type as a D-Bus signature.</summary>
    internal string Signature { get; }

    /// <summary><c>s</c>, for instance Slice.</summary>
    public static UnitValue Of(string value) => new Simple<string>("s", value, static (writer, text) => writer.Text(text));

    /// <summary><c>b</c>, for instance NoNewPrivileges.</summary>
    public static UnitValue Of(bool value) => new Simple<bool>("b", value, static (writer, flag) => writer.Flag(flag));

    /// <summary><c>i</c>, for instance OOMScoreAdjust.</summary>
    public static UnitValue Of(int value) => new Simple<int>("i", value, static (writer, number) => writer.Number(number));

    /// <summary><c>u</c>, for instance UMask.</summary>
    public static UnitValue Of(uint value) => new Simple<uint>("u", value, static (writer, number) => writer.Number(number));

    /// <summary><c>t</c>, for instance MemoryMax, CPUWeight, TimeoutStopUSec. The greatest number is "infinity".</summary>
    public static UnitValue Of(ulong value) => new Simple<ulong>("t", value, static (writer, number) => writer.Number(number));

    /// <summary><c>as</c>, for instance Environment.</summary>
    public static UnitValue Of(IReadOnlyList<string> values) =>
        new Simple<IReadOnlyList<string>>("as", values, static (writer, texts) => writer.Texts(texts));

    /// <summary><c>ay</c>, for instance AllowedCPUs.</summary>
    public static UnitValue Of(ReadOnlyMemory<byte> value) =>
        new Simple<ReadOnlyMemory<byte>>("ay", value, static (writer, bytes) => writer.Bytes(bytes.Span));

    /// <summary><c>a(sasb)</c>: ExecStart, ExecStopPost.</summary>
    public static UnitValue Commands(params UnitCommand[] commands) => new Rows<UnitCommand>("sasb", commands, static (writer, command) =>
    {
        writer.Text(command.Path);
        writer.Texts(command.Arguments);
        writer.Flag(command.Flags.Contains("ignore-failure"));
    });

    /// <summary><c>a(sasas)</c>: ExecStartEx, ExecStopPostEx.</summary>
    public static UnitValue CommandsEx(params UnitCommand[] commands) => new Rows<UnitCommand>("sasas", commands, static (writer, command) =>
    {
        writer.Text(command.Path);
        writer.Texts(command.Arguments);
        writer.Texts(command.Flags);
    });

    /// <summary><c>a(ss)</c>: DeviceAllow (path, "rwm"), TemporaryFileSystem (path, options), LoadCredential (id, path).</summary>
    public static UnitValue Pairs(params (string First, string Second)[] pairs) => new Rows<(string First, string Second)>("ss", pairs, static (writer, pair) =>
    {
        writer.Text(pair.First);
        writer.Text(pair.Second);
    });

    /// <summary><c>a(st)</c>: IODeviceWeight (path, weight), IOReadBandwidthMax (path, bytes a second).</summary>
    public static UnitValue Weights(params (string Path, ulong Weight)[] weights) => new Rows<(string Path, ulong Weight)>("st", weights, static (writer, weight) =>
    {
        writer.Text(weight.Path);
        writer.Number(weight.Weight);
    });

    /// <summary><c>a(ssbt)</c>: BindPaths, BindReadOnlyPaths.</summary>
    public static UnitValue Binds(params UnitBind[] binds) => new Rows<UnitBind>("ssbt", binds, static (writer, bind) =>
    {
        const ulong Recursive = 0x4000; // MS_REC of mount(2).
        writer.Text(bind.Source);
        writer.Text(bind.Target);
        writer.Flag(bind.IgnoreMissing);
        writer.Number(bind.Recursive ? Recursive : 0);
    });

    /// <summary><c>a(iayu)</c>: IPAddressAllow, IPAddressDeny (address family, address, length of the prefix).</summary>
    public static UnitValue Networks(params IPNetwork[] networks) => new Rows<IPNetwork>("iayu", networks, static (writer, network) =>
    {
        const int Inet = 2, Inet6 = 10; // AF_INET, AF_INET6 of Linux.
        writer.Number(network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? Inet : Inet6);
        writer.Bytes(network.BaseAddress.GetAddressBytes());
        writer.Number((uint)network.PrefixLength);
    });

    /// <summary><c>h</c>: StandardInputFileDescriptor and its kin. The handle must be open until the request was answered.</summary>
    public static UnitValue Descriptor(SafeHandle descriptor) =>
        new Simple<SafeHandle>("h", descriptor, static (writer, handle) => writer.Descriptor(handle));

    /// <summary><c>(bas)</c>: RestrictAddressFamilies, SystemCallFilter: only these, or all but these.</summary>
    public static UnitValue Choice(bool onlyThese, params string[] names) => new Simple<(bool, string[])>("(bas)", (onlyThese, names), static (writer, choice) =>
    {
        writer.Open('r', "bas");
        writer.Flag(choice.Item1);
        writer.Texts(choice.Item2);
        writer.Close();
    });

    /// <summary><c>aay</c>: LogExtraFields ("NAME=value", in UTF-8).</summary>
    public static UnitValue ByteLists(params ReadOnlyMemory<byte>[] values) => new Simple<ReadOnlyMemory<byte>[]>("aay", values, static (writer, lists) =>
    {
        writer.Open('a', "ay");
        foreach (var list in lists)
        {
            writer.Bytes(list.Span);
        }

        writer.Close();
    });

    internal abstract void Append(BusWriter writer);

    private sealed record Simple<T>(string Type, T Content, Action<BusWriter, T> Write) : UnitValue(Type)
    {
        internal override void Append(BusWriter writer) => Write(writer, Content);
    }

    private sealed record Rows<T>(string Row, IReadOnlyList<T> Content, Action<BusWriter, T> Write) : UnitValue($"a({Row})")
    {
        internal override void Append(BusWriter writer)
        {
            writer.Open('a', $"({Row})");
            foreach (var item in Content)
            {
                writer.Open('r', Row);
                Write(writer, item);
                writer.Close();
            }

            writer.Close();
        }
    }
}
