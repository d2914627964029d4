using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>The kernel's list format for sets of CPUs and nodes, such as <c>0-3,8,10-11</c>.</summary>
public static class CpuList
{
    /// <summary>More than any kernel can have (NR_CPUS is at most 8192): a longer list is not a list of CPUs.</summary>
    private const int Most = 65536;

    /// <summary>
    /// The numbers in <paramref name="text"/>, in order; none for an empty text or one that is no list.
    /// </summary>
    public static ImmutableArray<int> Parse(string? text)
    {
        var numbers = new SortedSet<int>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!TryNumber(dash < 0 ? part : part.AsSpan(0, dash), out var first)
                || !TryNumber(part.AsSpan(dash + 1), out var last)
                || last < first)
            {
                return [];
            }

            for (var number = first; number <= last; number++)
            {
                numbers.Add(number);
            }
        }

        return [.. numbers];
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < Most;
}
