using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>How much of the time tasks waited for a resource.</summary>
/// <param name="Average10">Percent of the last 10 s.</param>
/// <param name="Average60">Percent of the last 60 s.</param>
/// <param name="Average300">Percent of the last 300 s.</param>
/// <param name="Total">Since boot.</param>
public sealed record PressureStall(double Average10, double Average60, double Average300, TimeSpan Total)
{
    /// <summary>
    /// Parses a line such as <c>some avg10=0.00 avg60=0.12 avg300=0.03 total=1234</c>; the total is in microseconds.
    /// </summary>
    internal static PressureStall? Parse(string line)
    {
        var values = new Dictionary<string, double>();
        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0
                && double.TryParse(word.AsSpan(equals + 1), CultureInfo.InvariantCulture, out var value))
            {
                values[word[..equals]] = value;
            }
        }

        return values.TryGetValue("avg10", out var ten)
            && values.TryGetValue("avg60", out var sixty)
            && values.TryGetValue("avg300", out var threeHundred)
            && values.TryGetValue("total", out var total)
                ? new PressureStall(ten, sixty, threeHundred, TimeSpan.FromMicroseconds(total))
                : null;
    }
}
