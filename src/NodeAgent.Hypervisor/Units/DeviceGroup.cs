using System.Globalization;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Units;

/// <summary>The group whose members may use a device.</summary>
internal static class DeviceGroup
{
    /// <summary>Id of the group that opens it; <c>null</c> when everybody may, or when there is no device.</summary>
    public static string? OfKvm(string device)
    {
        try
        {
            const UnixFileMode everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            return (File.GetUnixFileMode(device) & everybody) == everybody
                ? null
                : FileOwner.Group(device).ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
