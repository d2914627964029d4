using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>A NUMA node: processors and the memory near to them. It may lack either.</summary>
/// <param name="Id">The kernel's number; numbers may have gaps.</param>
/// <param name="Cpus">The CPUs in it.</param>
/// <param name="TotalBytes">Its memory.</param>
/// <param name="FreeBytes">What of it nothing uses.</param>
/// <param name="Distances">The distance to each online node by that node's id; 10 is the node itself.</param>
/// <param name="Hugepages">Its huge pages, smallest first.</param>
public sealed record NumaNode(
    int Id,
    ImmutableArray<int> Cpus,
    long TotalBytes,
    long FreeBytes,
    ImmutableSortedDictionary<int, int> Distances,
    ImmutableArray<HugepagePool> Hugepages)
{
    private const string Folder = "sys/devices/system/node";

    /// <summary>Reads all online nodes. A kernel without NUMA has none.</summary>
    public static ImmutableArray<NumaNode> ReadAll(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var ids = files.Numbered(Folder, "node");
        return [.. ids.Select(id => Read(files, id, ids))];
    }

    private static NumaNode Read(KernelFiles files, int id, IReadOnlyList<int> ids)
    {
        var memory = MemoryTable.Read(files, $"{Folder}/node{id}/meminfo");
        return new NumaNode(
            id,
            CpuList.Parse(files.ReadLine($"{Folder}/node{id}/cpulist")),
            memory.GetValueOrDefault("MemTotal"),
            memory.GetValueOrDefault("MemFree"),
            ReadDistances(files, id, ids),
            HugepagePool.ReadNode(files, id));
    }

    /// <summary>
    /// The file holds a number for each online node, in the order of their ids, and nothing for a gap.
    /// </summary>
    private static ImmutableSortedDictionary<int, int> ReadDistances(KernelFiles files, int id, IReadOnlyList<int> ids)
    {
        var words = (files.ReadLine($"{Folder}/node{id}/distance") ?? "")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var distances = ImmutableSortedDictionary.CreateBuilder<int, int>();
        foreach (var (other, word) in ids.Zip(words))
        {
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var distance))
            {
                distances[other] = distance;
            }
        }

        return distances.ToImmutable();
    }
}
