using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace NodeAgent.Cli.Values;

/// <summary>How people write a length of time: <c>30s</c>, <c>2m</c>, <c>1m30s</c>, <c>500ms</c>, <c>1.5h</c>.</summary>
internal static class DurationText
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    // The longest duration that protobuf can carry: 10,000 years.
    private const long MaxSeconds = 315_576_000_000;

    private static readonly SearchValues<char> Number = SearchValues.Create("0123456789.");
    private static readonly SearchValues<char> AfterUnit = SearchValues.Create("0123456789. ");

    private static readonly (string Name, decimal Nanoseconds)[] Units =
    [
        ("d", 86_400m * NanosecondsPerSecond),
        ("h", 3_600m * NanosecondsPerSecond),
        ("m", 60m * NanosecondsPerSecond),
        ("s", NanosecondsPerSecond),
        ("ms", 1_000_000m),
        ("us", 1_000m),
        ("ns", 1m),
    ];

    /// <summary>Reads a duration; the result is never negative. A bare number other than 0 is refused, for its unit would be a guess.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="duration">The length of time.</param>
    /// <param name="problem">What is wrong, when the answer is false.</param>
    public static bool TryParse(string text, out Duration duration, out string problem)
    {
        duration = new Duration();
        problem = $"'{text}' is not a duration; write for instance 30s, 2m or 1m30s";
        var rest = text.AsSpan().Trim();
        if (rest is "0")
        {
            return true;
        }

        var total = 0m;
        var any = false;
        while (rest.Length > 0)
        {
            var end = rest.IndexOfAnyExcept(Number);
            if (end <= 0 || !decimal.TryParse(rest[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            rest = rest[end..];
            var length = rest.IndexOfAny(AfterUnit) is var next && next < 0 ? rest.Length : next;
            var unit = rest[..length].ToString();
            var factor = Array.Find(Units, u => u.Name == unit).Nanoseconds;
            if (factor == 0 || number > MaxSeconds)
            {
                return false;
            }

            total += number * factor;
            rest = rest[length..].TrimStart();
            any = true;
        }

        if (!any || total > (decimal)MaxSeconds * NanosecondsPerSecond)
        {
            return false;
        }

        var whole = decimal.Truncate(total / NanosecondsPerSecond);
        duration.Seconds = (long)whole;
        duration.Nanos = (int)(total - (whole * NanosecondsPerSecond));
        return true;
    }

    /// <summary>Writes a duration so that <see cref="TryParse"/> gives back the same one.</summary>
    public static string Format(Duration duration)
    {
        var nanoseconds = ((decimal)duration.Seconds * NanosecondsPerSecond) + duration.Nanos;
        if (nanoseconds == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        if (nanoseconds < 0)
        {
            text.Append('-');
            nanoseconds = -nanoseconds;
        }

        // Days are read but not written: "36h" is as clear as "1d12h" and is what other tools understand.
        foreach (var (name, unit) in Units.AsSpan(1))
        {
            var count = decimal.Truncate(nanoseconds / unit);
            if (count > 0)
            {
                text.Append(count.ToString(CultureInfo.InvariantCulture)).Append(name);
                nanoseconds -= count * unit;
            }
        }

        return text.ToString();
    }
}
