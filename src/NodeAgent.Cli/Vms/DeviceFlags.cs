using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Values;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>Reads devices from the command line, written as QEMU's options are: <c>path=/images/web.qcow2,format=qcow2</c>.</summary>
internal static class DeviceFlags
{
    /// <summary>Reads the value of <c>--disk</c>.</summary>
    /// <exception cref="CommandException">A part is unknown or wrong.</exception>
    public static Disk Disk(string text)
    {
        var disk = new Disk();
        foreach (var (key, value) in Pairs("--disk", text))
        {
            switch (key)
            {
                case "path":
                    disk.Path = Path.GetFullPath(value);
                    break;
                case "format":
                    var format = VmReflection.Descriptor.FindTypeByName<Google.Protobuf.Reflection.EnumDescriptor>("DiskFormat");
                    disk.Format = EnumText.TryParse(format, value, out var number, out var problem)
                        ? (DiskFormat)number
                        : throw Wrong("--disk", $"format: {problem}");
                    break;
                case "readonly" or "read_only" or "read-only":
                    disk.ReadOnly = Switch("--disk", key, value);
                    break;
                case "serial":
                    disk.Serial = value;
                    break;
                case "name":
                    disk.Name = value;
                    break;
                default:
                    throw Unknown("--disk", key, ["path", "format", "readonly", "serial", "name"]);
            }
        }

        return disk.Path.Length > 0 ? disk : throw Wrong("--disk", "path=FILE is missing");
    }

    /// <summary>Reads the value of <c>--net</c>; null for "none".</summary>
    /// <exception cref="CommandException">A part is unknown or wrong.</exception>
    public static NetworkInterface? Network(string text)
    {
        if (text == "none")
        {
            return null;
        }

        var network = new NetworkInterface();
        foreach (var (key, value) in Pairs("--net", text))
        {
            switch (key)
            {
                case "user" when value.Length == 0:
                    network.User ??= new UserNetwork();
                    break;
                case "restricted":
                    network.User ??= new UserNetwork();
                    network.User.Restricted = Switch("--net", key, value);
                    break;
                case "mac":
                    network.Mac = value;
                    break;
                case "name":
                    network.Name = value;
                    break;
                default:
                    throw Unknown("--net", key, ["user", "none", "mac", "restricted", "name"]);
            }
        }

        return network.User is not null ? network : throw Wrong("--net", "say which kind: user or none");
    }

    /// <summary>Reads the value of <c>--topology</c>.</summary>
    /// <exception cref="CommandException">A part is unknown or wrong.</exception>
    public static CpuTopology Topology(string text)
    {
        var topology = new CpuTopology { Sockets = 1, Dies = 1, Cores = 1, Threads = 1 };
        foreach (var (key, value) in Pairs("--topology", text))
        {
            if (!int.TryParse(value, out var number))
            {
                throw Wrong("--topology", $"{key}: '{value}' is not a whole number");
            }

            _ = key switch
            {
                "sockets" => topology.Sockets = number,
                "dies" => topology.Dies = number,
                "cores" => topology.Cores = number,
                "threads" => topology.Threads = number,
                _ => throw Unknown("--topology", key, ["sockets", "dies", "cores", "threads"]),
            };
        }

        return topology;
    }

    /// <summary>Reads <c>KEY=VALUE</c>.</summary>
    /// <exception cref="CommandException">There is no '=' in it, or nothing before it.</exception>
    public static (string Key, string Value) Label(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
            ? (text[..at], text[(at + 1)..])
            : throw Wrong("--label", $"'{text}' is not of the form KEY=VALUE");

    // A comma inside a value is written twice, as for QEMU.
    private static IEnumerable<(string Key, string Value)> Pairs(string option, string text)
    {
        const char commaItself = '\0';
        foreach (var part in text.Replace(",,", commaItself.ToString(), StringComparison.Ordinal).Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (part.Length == 0)
            {
                throw Wrong(option, "nothing stands between two commas");
            }

            yield return at < 0 ? (part, "") : (part[..at], part[(at + 1)..].Replace(commaItself, ','));
        }
    }

    private static bool Switch(string option, string key, string value) => value switch
    {
        "on" or "true" or "yes" or "" => true,
        "off" or "false" or "no" => false,
        _ => throw Wrong(option, $"{key}: '{value}' is not on or off"),
    };

    private static CommandException Unknown(string option, string key, string[] known) =>
        Wrong(option, Nearest.To(key, known) is { } meant ? $"'{key}' is unknown; did you mean '{meant}'?" : $"'{key}' is unknown; there are {string.Join(", ", known)}");

    private static CommandException Wrong(string option, string problem) => new(ExitCode.Usage, $"{option}: {problem}");
}
