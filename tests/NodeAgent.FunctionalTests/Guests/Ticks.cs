using System.Text.RegularExpressions;

namespace NodeAgent.FunctionalTests.Guests;

/// <summary>What the guest "tick" has counted aloud: whether it went on where it stood, or began anew.</summary>
internal static partial class Ticks
{
    /// <summary>The last number that it has said in full; 0 before the first.</summary>
    public static int Last(string console) => Line().Matches(console) is { Count: > 0 } all ? int.Parse(all[^1].Groups[1].ValueSpan) : 0;

    /// <summary>Demands that it was booted once and has counted on ever since.</summary>
    public static void ShouldBeOneRun(string console)
    {
        console.Split(Guest.TickGreeting).Length.ShouldBe(2, $"it was booted once:\n{console}");
        var counts = Line().Matches(console).Select(match => int.Parse(match.Groups[1].ValueSpan)).ToArray();
        for (var i = 1; i < counts.Length; i++)
        {
            counts[i].ShouldBe(counts[i - 1] + 1, $"the count is without a gap:\n{console}");
        }
    }

    [GeneratedRegex(@"tick (\d+)\r\n")]
    private static partial Regex Line();
}
