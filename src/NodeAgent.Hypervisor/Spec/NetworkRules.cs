using System.Globalization;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>Network interfaces.</summary>
internal static class NetworkRules
{
    private const int MacLength = 17;

    public static void Check(VmSpec spec, ViolationList violations)
    {
        var most = MachineName.TryGetFamily(spec.Machine, out var family) && family == MachineFamily.Microvm
            ? DeviceLimits.MicrovmNetworkInterfaces
            : DeviceLimits.NetworkInterfaces;
        violations.Unless(
            spec.NetworkInterfaces.Length <= most,
            "spec.network_interfaces",
            $"{spec.NetworkInterfaces.Length} network interfaces; this machine has places for {most}");

        var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Math.Min(spec.NetworkInterfaces.Length, most); i++)
        {
            var mac = spec.NetworkInterfaces[i].Mac;
            var field = $"spec.network_interfaces[{i}].mac";
            if (!IsUnicast(mac))
            {
                violations.Add(
                    field,
                    $"{SpecText.Quote(mac)} is no address for an interface: use the form 52:54:00:xx:xx:xx; the first byte is even, and not all are zero");
            }
            else if (!seen.TryAdd(mac, i))
            {
                violations.Add(field, $"is the same as spec.network_interfaces[{seen[mac]}].mac; give each interface an address of its own");
            }
        }
    }

    private static bool IsUnicast(string? mac)
    {
        if (mac is not { Length: MacLength })
        {
            return false;
        }

        ulong address = 0;
        for (var i = 0; i < MacLength; i += 3)
        {
            if ((i > 0 && mac[i - 1] != ':')
                || !byte.TryParse(mac.AsSpan(i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var part))
            {
                return false;
            }

            address = (address << 8) | part;
        }

        const ulong GroupBit = 1UL << 40;
        return address != 0 && (address & GroupBit) == 0;
    }
}
