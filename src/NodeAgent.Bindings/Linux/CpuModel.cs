using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>What the processor calls itself (<c>/proc/cpuinfo</c>, the first processor of it).</summary>
/// <param name="Vendor">Such as <c>GenuineIntel</c> or <c>AuthenticAMD</c>.</param>
/// <param name="Name">The maker's name of the model.</param>
/// <param name="Family">The family's number.</param>
/// <param name="Model">The model's number within the family.</param>
/// <param name="Stepping">The stepping.</param>
/// <param name="Microcode">The microcode's revision, such as <c>0xd000404</c>.</param>
/// <param name="Flags">The features that the kernel sees, sorted.</param>
public sealed record CpuModel(
    string? Vendor,
    string? Name,
    int? Family,
    int? Model,
    int? Stepping,
    string? Microcode,
    ImmutableArray<string> Flags)
{
    /// <summary>Reads it.</summary>
    public static CpuModel Read(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var first = new Dictionary<string, string>();
        foreach (var line in files.ReadLines("proc/cpuinfo"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && !first.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim()))
            {
                // A key for the second time: the next processor begins.
                break;
            }
        }

        return new CpuModel(
            first.GetValueOrDefault("vendor_id"),
            first.GetValueOrDefault("model name"),
            Number(first, "cpu family"),
            Number(first, "model"),
            Number(first, "stepping"),
            first.GetValueOrDefault("microcode"),
            [.. first.GetValueOrDefault("flags", "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Order(StringComparer.Ordinal)]);
    }

    private static int? Number(Dictionary<string, string> values, string key) =>
        int.TryParse(values.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
