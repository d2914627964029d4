using System.Buffers;
using System.Globalization;

namespace NodeAgent.Cli.Values;

/// <summary>
/// How people write an amount of memory or storage: a number with an optional unit that counts in powers of 1024
/// (<c>256M</c>, <c>1GiB</c>, <c>1.5G</c>, <c>4096</c>).
/// </summary>
internal static class ByteSize
{
    private const string Units = "KMGTP";

    private static readonly SearchValues<char> Number = SearchValues.Create("0123456789.");

    /// <summary>Reads a size; the result is never negative.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="bytes">The size in bytes.</param>
    /// <param name="problem">What is wrong, when the answer is false.</param>
    public static bool TryParse(string text, out long bytes, out string problem)
    {
        bytes = 0;
        var digits = text.AsSpan().Trim();
        var end = digits.IndexOfAnyExcept(Number);
        var unit = end < 0 ? "" : digits[end..].Trim().ToString();
        var number = end < 0 ? digits : digits[..end];
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            problem = $"'{text}' is not a size; write for instance 256M or 1GiB";
            return false;
        }

        if (!TryFactor(unit, out var factor, out problem))
        {
            return false;
        }

        if (value > long.MaxValue / factor)
        {
            problem = $"'{text}' is too large";
            return false;
        }

        var exact = value * factor;
        if (exact != decimal.Truncate(exact))
        {
            problem = $"'{text}' is not a whole number of bytes";
            return false;
        }

        bytes = (long)exact;
        return true;
    }

    /// <summary>Writes a size so that <see cref="TryParse"/> gives back the same number: with the largest unit that divides it.</summary>
    public static string Format(long bytes)
    {
        if (bytes <= 0)
        {
            return bytes.ToString(CultureInfo.InvariantCulture);
        }

        var power = 0;
        while (power < Units.Length && bytes % 1024 == 0)
        {
            bytes /= 1024;
            power++;
        }

        var number = bytes.ToString(CultureInfo.InvariantCulture);
        return power == 0 ? number : $"{number}{Units[power - 1]}iB";
    }

    private static bool TryFactor(string unit, out long factor, out string problem)
    {
        problem = "";
        factor = 1;
        if (unit is "" or "B" or "b")
        {
            return true;
        }

        var power = Units.IndexOf(char.ToUpperInvariant(unit[0]), StringComparison.Ordinal);
        var rest = unit[1..];
        if (power >= 0 && (rest.Length == 0 || rest.Equals("i", StringComparison.OrdinalIgnoreCase)
            || rest.Equals("ib", StringComparison.OrdinalIgnoreCase)))
        {
            factor = 1L << (10 * (power + 1));
            return true;
        }

        // "MB" is a million to some and 1048576 to others; a wrong guess would be silent.
        problem = power >= 0 && rest.Equals("b", StringComparison.OrdinalIgnoreCase)
            ? $"the unit '{unit}' is ambiguous; write {unit[0]}iB (powers of 1024)"
            : $"'{unit}' is not a unit of size; use K, M, G, T or P (powers of 1024)";
        return false;
    }
}
