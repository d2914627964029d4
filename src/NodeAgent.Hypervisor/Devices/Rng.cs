using System.Text.Json.Nodes;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>virtio-rng from the host's urandom.</summary>
internal static class Rng
{
    private const string Name = "rng", Source = "rng-source";

    public static void Add(ArgumentList arguments)
    {
        arguments.Json("-object", new JsonObject { ["qom-type"] = "rng-random", ["id"] = Source, ["filename"] = "/dev/urandom" });
        arguments.Device(
            Name,
            MachineLayout.Virtio(arguments.Family, "rng"),
            Name,
            MachineLayout.Rng(arguments.Family),
            new JsonObject { ["rng"] = Source });
    }
}
