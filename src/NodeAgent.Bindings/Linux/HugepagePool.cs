using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>The huge pages of one size, of the host or of one NUMA node.</summary>
/// <param name="PageBytes">The size of a page.</param>
/// <param name="Total">Pages in the pool, surplus ones included.</param>
/// <param name="Free">Pages that nobody has touched; some may be promised, see <paramref name="Reserved"/>.</param>
/// <param name="Reserved">Pages promised but not yet touched; the kernel tells it for the host only.</param>
/// <param name="Surplus">Pages beyond the pool's set size.</param>
public sealed record HugepagePool(long PageBytes, long Total, long Free, long? Reserved, long Surplus)
{
    private const string Prefix = "hugepages-";
    private const string Suffix = "kB";

    /// <summary>Reads the pools of the whole host, smallest pages first.</summary>
    public static ImmutableArray<HugepagePool> ReadHost(KernelFiles files) => Read(files, "sys/kernel/mm/hugepages");

    /// <summary>Reads the pools of one NUMA node, smallest pages first.</summary>
    public static ImmutableArray<HugepagePool> ReadNode(KernelFiles files, int node) =>
        Read(files, $"sys/devices/system/node/node{node}/hugepages");

    private static ImmutableArray<HugepagePool> Read(KernelFiles files, string folder)
    {
        ArgumentNullException.ThrowIfNull(files);
        var pools = ImmutableArray.CreateBuilder<HugepagePool>();
        foreach (var name in files.Names(folder))
        {
            if (KibibytesIn(name) is { } kibibytes)
            {
                pools.Add(new HugepagePool(
                    kibibytes * 1024,
                    files.ReadNumber($"{folder}/{name}/nr_hugepages") ?? 0,
                    files.ReadNumber($"{folder}/{name}/free_hugepages") ?? 0,
                    files.ReadNumber($"{folder}/{name}/resv_hugepages"),
                    files.ReadNumber($"{folder}/{name}/surplus_hugepages") ?? 0));
            }
        }

        pools.Sort((left, right) => left.PageBytes.CompareTo(right.PageBytes));
        return pools.ToImmutable();
    }

    private static long? KibibytesIn(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && name.EndsWith(Suffix, StringComparison.Ordinal)
        && long.TryParse(
            name.AsSpan(Prefix.Length..^Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : null;
}
