using System.Text.Json.Nodes;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>
/// The guest's RAM as a backend object with an id of its own, which is what migration matches and what NUMA placement
/// and huge pages will be said to.
/// </summary>
internal static class Memory
{
    /// <summary>The backend's id.</summary>
    public const string BackendId = "ram0";

    private const long MiB = 1024 * 1024;

    public static void Add(ArgumentList arguments, long bytes)
    {
        arguments.Option("-m", $"size={bytes / MiB}M");
        arguments.Json("-object", new JsonObject
        {
            ["qom-type"] = "memory-backend-ram",
            ["id"] = BackendId,
            ["size"] = bytes,

            // A core dump of QEMU must not carry the guest's secrets to whoever reads core dumps.
            ["dump"] = false,
        });
    }
}
