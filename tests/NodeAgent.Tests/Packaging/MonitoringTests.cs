using System.Text.Json;
using System.Text.RegularExpressions;

namespace NodeAgent.Tests.Packaging;

/// <summary>Alerts and dashboard ask for metrics that exist, and every alert says what to do.</summary>
public sealed partial class MonitoringTests
{
    private const string Rules = "packaging/prometheus/nodeagent.rules.yml", Dashboard = "packaging/grafana/nodeagent.json";

    // What Prometheus and histograms add to every series.
    private static readonly string[] s_given = ["instance", "job", "le"];
    private static readonly IReadOnlyDictionary<string, string[]> s_metrics = ReadMetrics();

    public static TheoryData<string> Sources => [Rules, Dashboard];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_metric_that_is_asked_for_exists(string source)
    {
        var named = Expressions(source).SelectMany(expression => Metric().Matches(expression).Select(match => Family(match.Value))).Distinct().ToArray();
        named.Length.ShouldBeGreaterThan(10);
        named.Except(s_metrics.Keys).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Every_label_that_is_asked_for_is_one_of_its_metric(string source)
    {
        var asked = Expressions(source).SelectMany(expression => Selector().Matches(expression)).SelectMany(match => LabelName().Matches(match.Groups[2].Value)
            .Select(label => (Metric: Family(match.Groups[1].Value), Label: label.Groups[1].Value))).ToArray();
        asked.Length.ShouldBeGreaterThan(10);
        asked.Where(one => !s_metrics[one.Metric].Concat(s_given).Contains(one.Label)).ShouldBeEmpty();
    }

    [Fact]
    public void Most_metrics_are_on_the_dashboard()
    {
        var shown = Expressions(Dashboard).SelectMany(expression => Metric().Matches(expression)).Select(match => Family(match.Value)).ToHashSet();
        s_metrics.Keys.Count(shown.Contains).ShouldBeGreaterThan(s_metrics.Count / 2);
    }

    [Fact]
    public void Every_alert_has_a_summary_a_remedy_a_severity_and_a_section_that_exists()
    {
        var headings = Heading().Matches(Repository.Read("docs/operations.md")).Select(match => Anchor(match.Groups[1].Value)).ToHashSet();
        var alerts = Repository.Read(Rules).Split("- alert: ")[1..];
        alerts.Length.ShouldBeGreaterThan(15);
        foreach (var alert in alerts)
        {
            alert.ShouldContain("summary: ");
            alert.ShouldContain("description: ");
            alert.ShouldMatch("labels: {severity: (critical|warning)}");
            headings.ShouldContain(Runbook().Match(alert).Groups[1].Value, alert.Split('\n')[0]);
        }
    }

    [Fact]
    public void Every_alert_is_played_through()
    {
        var played = Repository.Read("tests/NodeAgent.Tests/Packaging/Alerts/nodeagent.rules.test.yml");
        AlertName().Matches(Repository.Read(Rules)).Select(match => match.Groups[1].Value)
            .Where(name => !played.Contains($"alertname: {name}\n", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Panels_have_their_own_numbers_and_say_what_they_show()
    {
        using var dashboard = JsonDocument.Parse(Repository.Read(Dashboard));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToArray();
        panels.Select(panel => panel.GetProperty("id").GetInt32()).ShouldBeUnique();
        panels.Where(panel => panel.GetProperty("type").GetString() != "row" && panel.GetProperty("description").GetString() is null or "").ShouldBeEmpty();
        // Nothing lies on something else.
        var cells = panels.Select(panel => panel.GetProperty("gridPos")).SelectMany(at => Enumerable.Range(at.GetProperty("y").GetInt32(), at.GetProperty("h").GetInt32())
            .SelectMany(y => Enumerable.Range(at.GetProperty("x").GetInt32(), at.GetProperty("w").GetInt32()).Select(x => (x, y)))).ToArray();
        cells.ShouldBeUnique();
        cells.Max(cell => cell.x).ShouldBe(23);
    }

    [Fact]
    public async Task Promtool_finds_the_alerts_right_and_each_comes_when_it_should()
    {
        using var folder = new TemporaryDirectory();
        foreach (var file in new[] { Rules, "tests/NodeAgent.Tests/Packaging/Alerts/nodeagent.rules.test.yml" })
        {
            File.Copy(Path.Combine(Repository.Root, file), Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        await PromtoolAsync(folder.Path, "check", "rules", "nodeagent.rules.yml");
        await PromtoolAsync(folder.Path, "test", "rules", "nodeagent.rules.test.yml");
    }

    [Fact]
    public async Task Promtool_reads_every_expression_of_the_dashboard()
    {
        using var folder = new TemporaryDirectory();
        var rules = Expressions(Dashboard).Select(expression => expression.Replace("$__rate_interval", "5m", StringComparison.Ordinal))
            .Select((expression, number) => $"      - record: dashboard:panel:{number}\n        expr: {JsonSerializer.Serialize(expression)}\n");
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "dashboard.yml"), "groups:\n  - name: dashboard\n    rules:\n" + string.Concat(rules), TestContext.Current.CancellationToken);

        await PromtoolAsync(folder.Path, "check", "rules", "dashboard.yml");
    }

    private static async Task PromtoolAsync(string folder, params string[] arguments)
    {
        var (status, said) = await Promtool.RunAsync(folder, "", arguments);
        status.ShouldBe(0, said);
    }

    private static string[] Expressions(string source)
    {
        var text = Repository.Read(source);
        if (source == Rules)
        {
            return [.. RuleExpression().Matches(text).Select(match => match.Groups[1].Value)];
        }

        using var dashboard = JsonDocument.Parse(text);
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray());
        var notes = dashboard.RootElement.GetProperty("annotations").GetProperty("list").EnumerateArray();
        return [.. panels.Concat(notes).Select(query => query.GetProperty("expr").GetString()!)];
    }

    private static Dictionary<string, string[]> ReadMetrics() =>
        MetricRow().Matches(Repository.Read("docs/metrics.md")).ToDictionary(
            row => row.Groups[1].Value, row => Literal().Matches(row.Groups[2].Value).Select(label => label.Groups[1].Value).ToArray());

    // A histogram is asked for by its parts.
    private static string Family(string name) => HistogramPart().Replace(name, "");

    private static string Anchor(string heading) =>
        NotInAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"nodeagent_[a-z0-9_]+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"(nodeagent_[a-z0-9_]+)\{([^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"([a-z_]+)(?:=~|!~|!=|=)""")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"^\| `(nodeagent_[a-z0-9_]+)` \| \w+ \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Literal();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex HistogramPart();

    [GeneratedRegex(@"^ +expr: (?:\|\n)?((?:.+\n(?! +(?:for|labels|annotations):))*.+)", RegexOptions.Multiline)]
    private static partial Regex RuleExpression();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"runbook: operations\.md#(\S+)")]
    private static partial Regex Runbook();

    [GeneratedRegex(@"^#{2,3} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^a-z0-9 -]")]
    private static partial Regex NotInAnchor();
}
