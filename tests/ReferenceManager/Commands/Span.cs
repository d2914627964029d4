using System.Globalization;

namespace ReferenceManager.Commands;

/// <summary>A length of time as people write it: "500ms", "30s", "15m", "1h", "90d".</summary>
internal static class Span
{
    private static readonly (string Unit, TimeSpan Length)[] s_units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <exception cref="FormatException">It is none.</exception>
    public static TimeSpan Parse(string text)
    {
        foreach (var (unit, length) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                && count > 0)
            {
                return count * length;
            }
        }

        throw new FormatException($"'{text}' is no length of time: write 500ms, 30s, 15m, 1h or 90d");
    }

    /// <summary>Shortly, in the largest unit that fits.</summary>
    public static string Format(TimeSpan span)
    {
        var (unit, length) = s_units.LastOrDefault(item => span >= item.Length, s_units[0]);
        return string.Create(CultureInfo.InvariantCulture, $"{span / length:0.#}{unit}");
    }
}
