using System.Globalization;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Units;

/// <summary>The group whose members may use a device.</summary>
internal static class DeviceGroup
{
    /// <summary>
    /// Id of the group that opens it; <c>null</c> when no group is needed, or none would help: everybody may, the device's
    /// group may not, or that is root's own, which would open other things.
    /// </summary>
    public static string? OfKvm(string device)
    {
        try
        {
            const UnixFileMode everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            const UnixFileMode members = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
            var mode = File.GetUnixFileMode(device);
            var group = FileOwner.Group(device);
            return (mode & everybody) != everybody && (mode & members) == members && group != 0
                ? group.ToString(CultureInfo.InvariantCulture)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
