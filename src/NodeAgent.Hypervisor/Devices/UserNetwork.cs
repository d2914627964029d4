using System.Text.Json.Nodes;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>A virtio network interface with QEMU's own NAT behind it.</summary>
internal static class UserNetwork
{
    /// <summary>QEMU's id of the device and of its backend.</summary>
    public static string Id(string name) => $"net-{name}";

    public static void Add(ArgumentList arguments, int index, NetworkInterfaceSpec network, int? bootIndex)
    {
        var id = Id(network.Name);
        arguments.Option("-netdev", $"user,id={OptionText.Value(id)}{(network.Restricted ? ",restrict=on" : "")}");

        var properties = new JsonObject { ["netdev"] = id, ["mac"] = network.Mac.ToLowerInvariant() };
        if (bootIndex is { } boot)
        {
            properties["bootindex"] = boot;
        }
        else if (arguments.Family != MachineFamily.Microvm)
        {
            // A boot ROM that is not asked for costs time at every start, and would be part of what can migrate where.
            properties["romfile"] = "";
        }

        var place = MachineLayout.Network(arguments, index);
        arguments.Device(network.Name, MachineLayout.Virtio(arguments.Family, "net"), id, place, properties);
    }
}
