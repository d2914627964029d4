using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.Benchmarks;

/// <summary>What was measured, what it is compared with, and what was wished for.</summary>
internal sealed class Results
{
    private readonly List<Row> _rows = [];

    /// <summary>The agent's figure divided by the floor's, pair by pair.</summary>
    public void Ratio(string name, IReadOnlyList<(double Agent, double Floor)> pairs, double target) => Add(
        name, "× floor", [.. pairs.Select(pair => pair.Agent / pair.Floor)], target, Distribution.Of(pairs.Select(pair => pair.Agent)), Distribution.Of(pairs.Select(pair => pair.Floor)));

    /// <summary>The agent's figure less the floor's, pair by pair, in milliseconds.</summary>
    public void Difference(string name, IReadOnlyList<(double Agent, double Floor)> pairs, double target) => Add(
        name, "ms + floor", [.. pairs.Select(pair => pair.Agent - pair.Floor)], target, Distribution.Of(pairs.Select(pair => pair.Agent)), Distribution.Of(pairs.Select(pair => pair.Floor)));

    /// <summary>A figure that has no floor.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="unit">In what.</param>
    /// <param name="samples">What came out.</param>
    /// <param name="target">What was wished for.</param>
    /// <param name="quoted">Where the target comes from, when it is another's figure that was not measured in this run.</param>
    public void Figure(string name, string unit, IReadOnlyList<double> samples, double target, string? quoted = null) =>
        Add(name, unit, samples, target, null, null, quoted);

    public void Print()
    {
        Console.WriteLine($"Guests under {BenchClient.AcceleratorName}.");
        Console.WriteLine($"{"",-46} {"p50",10} {"p90",10}  {"unit",-11} {"target",8}   agent p50 / floor p50, floor p90/p10");
        foreach (var row in _rows)
        {
            var mark = row.Missed is { } missed ? $"MISSED by {missed.By:0.##}{(missed.Ratio is { } ratio ? $", {ratio:0.00} × the target" : "")}" : "met";
            var bare = row.Floor is { } floor && row.Agent is { } agent
                ? $"{agent.P50:0.00} / {floor.P50:0.00} ms, {floor.P90 / floor.P10:0.0}{(floor.P90 / floor.P10 > 2 ? " (floor unsteady)" : "")}"
                : "";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{row.Name,-46} {row.Values.P50,10:0.00} {row.Values.P90,10:0.00}  {row.Unit,-11} {row.Target,8:0.##} {mark,-6} {bare}{row.Quoted}"));
        }
    }

    public void Write(string path)
    {
        var rows = new JsonArray([.. _rows.Select(row => (JsonNode)new JsonObject
        {
            ["name"] = row.Name,
            ["unit"] = row.Unit,
            ["p10"] = row.Values.P10,
            ["p50"] = row.Values.P50,
            ["p90"] = row.Values.P90,
            ["target"] = row.Target,
            ["target_quoted_from"] = row.Quoted,
            ["met"] = row.Missed is null,
            ["missed_by"] = row.Missed?.By,
            ["missed_ratio"] = row.Missed?.Ratio,
            ["agent_p50_ms"] = row.Agent?.P50,
            ["floor_p50_ms"] = row.Floor?.P50,
            ["samples"] = row.Count,
        })]);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, rows.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        Console.WriteLine($"written to {path}");
    }

    private void Add(
        string name, string unit, IReadOnlyList<double> values, double target, Distribution? agent, Distribution? floor, string? quoted = null) =>
        _rows.Add(new Row(name, unit, Distribution.Of(values), target, values.Count, agent, floor, quoted));

    private sealed record Row(
        string Name, string Unit, Distribution Values, double Target, int Count, Distribution? Agent, Distribution? Floor, string? Quoted)
    {
        /// <summary>By how much the median is over the target, and what share of it it is, unless that is nothing; <c>null</c> where it is not.</summary>
        public (double By, double? Ratio)? Missed => Values.P50 > Target ? (Values.P50 - Target, Target > 0 ? Values.P50 / Target : null) : null;
    }
}

/// <summary>Three points of a distribution.</summary>
internal sealed record Distribution(double P10, double P50, double P90)
{
    public static Distribution Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new Distribution(At(0.1), At(0.5), At(0.9));

        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
    }
}
