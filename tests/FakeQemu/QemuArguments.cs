using System.Globalization;

namespace FakeQemu;

/// <summary>Where a monitor is to be had: an inherited descriptor, a socket path, or standard input and output.</summary>
internal sealed record MonitorEndpoint(string Id, int? Descriptor, string? Path, bool IsServer, bool IsStdio);

/// <summary>What of QEMU's command line matters to us. The rest is taken without a look, as long as it has QEMU's form.</summary>
internal sealed record QemuArguments
{
    public string? Name { get; private set; }

    public Guid Uuid { get; private set; }

    public bool StartsPaused { get; private set; }

    public bool IsIncoming { get; private set; }

    public bool StaysAfterShutdown { get; private set; }

    public bool StaysAfterPanic { get; private set; } = true;

    public bool ResetsOnReboot { get; private set; } = true;

    public bool UsesKvm { get; private set; }

    public int Vcpus { get; private set; } = 1;

    /// <summary>Ids of the disks, with the block node of each.</summary>
    public List<(string Id, string Node)> Disks { get; } = [];

    public List<MonitorEndpoint> Monitors { get; } = [];

    public static QemuArguments Parse(IReadOnlyList<string> args)
    {
        var result = new QemuArguments();
        var chardevs = new Dictionary<string, MonitorEndpoint>();
        for (int i = 0; i < args.Count; i++)
        {
            string option = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][1..] : args[i];
            string value = i + 1 < args.Count && !args[i + 1].StartsWith('-') ? args[++i] : "";
            result.Take(option, Options(value), chardevs);
        }

        return result;
    }

    private void Take(string option, Dictionary<string, string> value, Dictionary<string, MonitorEndpoint> chardevs)
    {
        string first = value.GetValueOrDefault("", "");
        switch (option)
        {
            case "-name":
                Name = value.GetValueOrDefault("guest", first);
                break;
            case "-uuid":
                Uuid = Guid.Parse(first);
                break;
            case "-S":
                StartsPaused = true;
                break;
            case "-incoming":
                IsIncoming = true;
                break;
            case "-no-shutdown":
                StaysAfterShutdown = true;
                break;
            case "-no-reboot":
                ResetsOnReboot = false;
                break;
            case "-action":
                StaysAfterShutdown |= value.GetValueOrDefault("shutdown") == "pause";
                StaysAfterPanic = value.GetValueOrDefault("panic", "pause") == "pause";
                ResetsOnReboot &= value.GetValueOrDefault("reboot", "reset") == "reset";
                break;
            case "-accel" or "-machine" or "-M":
                UsesKvm |= first == "kvm" || value.GetValueOrDefault("accel") == "kvm";
                break;
            case "-enable-kvm":
                UsesKvm = true;
                break;
            case "-smp":
                Vcpus = int.Parse(value.GetValueOrDefault("cpus", first), CultureInfo.InvariantCulture);
                break;
            case "-device" when value.TryGetValue("drive", out string? drive):
                Disks.Add((value.GetValueOrDefault("id", drive), drive));
                break;
            case "-chardev":
                chardevs[value["id"]] = Endpoint(value["id"], value);
                break;
            case "-mon":
                string chardev = value.GetValueOrDefault("chardev", first);
                Monitors.Add(chardevs.GetValueOrDefault(chardev)
                    ?? throw new FormatException($"-mon chardev={chardev}: chardev \"{chardev}\" not found"));
                break;
            case "-qmp" when first.StartsWith("chardev:", StringComparison.Ordinal):
                Monitors.Add(chardevs[first["chardev:".Length..]]);
                break;
            case "-qmp":
                value["path"] = first.StartsWith("unix:", StringComparison.Ordinal) ? first["unix:".Length..] : "";
                Monitors.Add(first == "stdio"
                    ? new MonitorEndpoint("compat_monitor0", null, null, IsServer: false, IsStdio: true)
                    : Endpoint("compat_monitor0", value));
                break;
        }
    }

    private static MonitorEndpoint Endpoint(string id, Dictionary<string, string> value) => new(
        id,
        value.TryGetValue("fd", out string? fd) ? int.Parse(fd, CultureInfo.InvariantCulture) : null,
        value.GetValueOrDefault("path"),
        IsServer: value.GetValueOrDefault("server") is "on" or "",
        IsStdio: value.GetValueOrDefault("") == "stdio");

    /// <summary>Takes <c>first,key=value,flag</c> apart; a doubled comma is a comma. The first word has the empty key.</summary>
    private static Dictionary<string, string> Options(string text)
    {
        var options = new Dictionary<string, string>();
        foreach (string part in text.Replace(",,", "\0", StringComparison.Ordinal).Split(','))
        {
            string[] pair = part.Replace('\0', ',').Split('=', 2);
            if (pair.Length == 2)
            {
                options[pair[0]] = pair[1];
            }
            else if (!options.TryAdd("", pair[0]))
            {
                options[pair[0]] = "";
            }
        }

        return options;
    }
}
