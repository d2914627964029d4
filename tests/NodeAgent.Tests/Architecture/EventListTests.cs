using System.Reflection;
using System.Text.RegularExpressions;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Tests.Architecture;

/// <summary>docs/events.md is the list of what the event log can say.</summary>
public sealed partial class EventListTests
{
    [Fact]
    public void The_list_of_events_has_every_kind_and_no_other()
    {
        var listed = Row().Matches(Repository.Read("docs/events.md")).Select(row => row.Groups[1].Value).ToArray();
        listed.ShouldBeUnique();
        listed.Order(StringComparer.Ordinal).ShouldBe(Kinds.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_kind_is_written_by_somebody()
    {
        var code = string.Concat(Repository.Files("src", "*.cs").Select(Repository.Read));
        typeof(EventKinds).GetFields().Select(field => field.Name)
            .Where(name => !code.Contains($"EventKinds.{name}", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    private static string[] Kinds =>
    [
        .. typeof(EventKinds).GetFields().Select(constant => (string)constant.GetRawConstantValue()!),
        .. typeof(LedgerEvent).GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Where(constant => constant.IsLiteral && constant.Name.EndsWith("Kind", StringComparison.Ordinal))
            .Select(constant => (string)constant.GetRawConstantValue()!),
    ];

    [GeneratedRegex(@"^\| `([a-z_.-]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
