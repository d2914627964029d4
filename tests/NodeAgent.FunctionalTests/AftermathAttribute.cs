using System.Collections.Concurrent;
using System.Reflection;
using NodeAgent.FunctionalTests;
using Xunit.v3;

[assembly: Aftermath]

namespace NodeAgent.FunctionalTests;

/// <summary>
/// After each test: what its agents left behind fails it, beside whatever failed in the test itself, and the logs of the
/// agents of a failed test are kept.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class AftermathAttribute : BeforeAfterTestAttribute
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<(string Name, string Log, IReadOnlyList<string> Complaints)>> Gone = new();

    private static string CurrentTest => TestContext.Current.Test?.UniqueID ?? "";

    /// <summary>Told when an agent of the current test is gone.</summary>
    /// <param name="name">Its directory's name.</param>
    /// <param name="log">All that it logged.</param>
    /// <param name="complaints">What it left behind.</param>
    internal static void Note(string name, string log, IReadOnlyList<string> complaints) =>
        Gone.GetOrAdd(CurrentTest, _ => new()).Enqueue((name, log, complaints));

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (!Gone.TryRemove(CurrentTest, out var agents))
        {
            return;
        }

        var complaints = agents.SelectMany(agent => agent.Complaints).ToArray();
        if (complaints.Length > 0 || TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            var kept = string.Concat(test.TestDisplayName.Replace("NodeAgent.FunctionalTests.", "", StringComparison.Ordinal)
                .Select(c => char.IsLetterOrDigit(c) || c is '.' or '_' ? c : '-'));
            var directory = Directory.CreateDirectory(Path.Combine(Artifacts.Logs, kept[..Math.Min(kept.Length, 120)])).FullName;
            foreach (var agent in agents)
            {
                File.WriteAllText(Path.Combine(directory, $"{agent.Name}.log"), agent.Log);
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"The logs of its agents are in {directory}");
        }

        complaints.ShouldBeEmpty("An agent left something behind.");
    }
}
