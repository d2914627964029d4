using System.Globalization;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// Whether a user without privileges, as each guest's QEMU has one of its own, can open a device, and by which group. That
/// the agent can says nothing: it is root.
/// </summary>
/// <param name="Group">Id of the group that opens it; <c>null</c> when none is needed, or none would help.</param>
/// <param name="Problem">Why it cannot be opened, as half a sentence; <c>null</c> when it can.</param>
/// <param name="Remedy">What an operator does about that; empty when it can be opened.</param>
public sealed record DeviceAccess(string? Group, string? Problem, string Remedy)
{
    private const UnixFileMode
        Everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite, Members = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>The access to <c>/dev/kvm</c>, now.</summary>
    public static DeviceAccess ToKvm() => To(UnitSandbox.KvmDevice);

    internal static DeviceAccess To(string device)
    {
        try
        {
            return To(device, File.GetUnixFileMode(device), FileOwner.Group(device));
        }
        catch (IOException)
        {
            return new(null, $"there is no {device}", $"See to it that {device} is there.");
        }
    }

    internal static DeviceAccess To(string device, UnixFileMode mode, uint group)
    {
        if (mode.HasFlag(Everybody))
        {
            return new(null, null, "");
        }

        // Members of root's own group could open other things besides, so that no guest is made one.
        return mode.HasFlag(Members) && group != 0
            ? new(group.ToString(CultureInfo.InvariantCulture), null, "")
            : new(
                null,
                $"{device} can be opened by root alone (mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}, group {group}), and guests do not run as root",
                $"Give {device} to a group of its own, as udev does: chgrp kvm {device} && chmod 660 {device}, and see which rule in /etc/udev/rules.d says otherwise.");
    }
}
