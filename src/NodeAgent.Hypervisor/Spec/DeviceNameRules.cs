namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// Names of disks and network interfaces: unique among the VM's devices, fit to be part of an id of QEMU (letters,
/// digits, '-', '.', '_'), and none that the contract uses for a device that every VM has.
/// </summary>
internal static class DeviceNameRules
{
    private static readonly HashSet<string> Reserved =
        new(StringComparer.Ordinal) { "rng", "balloon", "watchdog", "panic", "console", "display" };

    public static void Check(VmSpec spec, ViolationList violations)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < spec.Disks.Length; i++)
        {
            CheckOne(spec.Disks[i].Name, $"spec.disks[{i}].name", seen, violations);
        }

        for (var i = 0; i < spec.NetworkInterfaces.Length; i++)
        {
            CheckOne(spec.NetworkInterfaces[i].Name, $"spec.network_interfaces[{i}].name", seen, violations);
        }

        CheckBootOrder(spec, seen, violations);
    }

    private static void CheckOne(string name, string field, Dictionary<string, string> seen, ViolationList violations)
    {
        if (!IsName(name))
        {
            violations.Add(
                field,
                $"{SpecText.Quote(name)} is no device's name: use 1 to {DeviceLimits.NameLength} of a-z, A-Z, 0-9, '-', '.', '_', beginning with a letter or digit");
        }
        else if (Reserved.Contains(name) || IsPort(name))
        {
            violations.Add(field, $"'{name}' is the name of a device that VMs have anyway; choose another");
        }
        else if (!seen.TryAdd(name, field))
        {
            violations.Add(field, $"'{name}' is the name of {seen[name][..seen[name].LastIndexOf('.')]} already; choose another");
        }
    }

    private static void CheckBootOrder(VmSpec spec, Dictionary<string, string> names, ViolationList violations)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < spec.BootOrder.Length; i++)
        {
            var name = spec.BootOrder[i];
            var field = $"spec.boot_order[{i}]";
            if (!names.ContainsKey(name))
            {
                violations.Add(field, $"no disk and no network interface is named {SpecText.Quote(name)}; name one, or remove the entry");
            }
            else if (!seen.Add(name))
            {
                violations.Add(field, $"'{name}' is in the order already; remove one of the entries");
            }
        }
    }

    private static bool IsName(string? name) =>
        name is { Length: > 0 and <= DeviceLimits.NameLength }
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static bool IsPort(string name) =>
        name.StartsWith("port", StringComparison.Ordinal) && name.Length > 4 && name.AsSpan(4).IndexOfAnyExceptInRange('0', '9') < 0;
}
