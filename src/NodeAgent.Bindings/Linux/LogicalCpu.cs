using System.Collections.Immutable;

namespace NodeAgent.Bindings.Linux;

/// <summary>A processor as the scheduler sees it, and its place in the machine. An offline one has no place.</summary>
/// <param name="Id">The kernel's number.</param>
/// <param name="Online">Whether it takes work.</param>
/// <param name="SocketId">The package.</param>
/// <param name="DieId">The die, unique within the socket; 0 where the kernel does not tell dies.</param>
/// <param name="CoreId">The core, unique within the die.</param>
/// <param name="ThreadSiblings">The CPUs that share the core, this one included.</param>
public sealed record LogicalCpu(
    int Id, bool Online, int? SocketId, int? DieId, int? CoreId, ImmutableArray<int> ThreadSiblings)
{
    private const string Folder = "sys/devices/system/cpu";

    /// <summary>Reads all CPUs that are present.</summary>
    public static ImmutableArray<LogicalCpu> ReadAll(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var online = CpuList.Parse(files.ReadLine($"{Folder}/online")).ToHashSet();
        var present = CpuList.Parse(files.ReadLine($"{Folder}/present"));
        return [.. present.Select(id => Read(files, id, online.Contains(id)))];
    }

    private static LogicalCpu Read(KernelFiles files, int id, bool online)
    {
        var topology = $"{Folder}/cpu{id}/topology";
        if (!online || files.ReadNumber($"{topology}/physical_package_id") is not { } socket)
        {
            return new LogicalCpu(id, online, null, null, null, []);
        }

        return new LogicalCpu(
            id,
            online,
            (int)socket,
            (int)(files.ReadNumber($"{topology}/die_id") ?? 0),
            (int?)files.ReadNumber($"{topology}/core_id"),
            CpuList.Parse(files.ReadLine($"{topology}/thread_siblings_list")));
    }
}
