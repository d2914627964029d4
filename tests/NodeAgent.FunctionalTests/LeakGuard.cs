using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;

[assembly: AssemblyFixture(typeof(NodeAgent.FunctionalTests.LeakGuard))]

namespace NodeAgent.FunctionalTests;

/// <summary>
/// Finds what a test's agent left behind: processes that name its directories in their arguments, and files and sockets
/// in its run directory. At the end of the whole run it looks once more, for all tests together.
/// </summary>
public sealed class LeakGuard : IDisposable
{
    /// <summary>Begins the name of every directory of an agent; no other process has it in its arguments.</summary>
    internal static string Prefix { get; } = $"nodeagent-ft-{Environment.ProcessId}-";

    /// <summary>What one agent left. Processes are killed, so that the next test has a clean machine.</summary>
    internal static async Task<IReadOnlyList<string>> FindAsync(Agent agent)
    {
        // A process that was told to go may need a moment to be gone.
        var leftProcesses = ProcessesOf(agent.Root);
        for (var tries = 0; tries < 100 && leftProcesses.Count > 0; tries++)
        {
            await Task.Delay(20);
            leftProcesses = ProcessesOf(agent.Root);
        }

        List<string> left = [.. leftProcesses.Select(process => $"process {process.Pid}: {string.Join(' ', process.Arguments.Take(12))}")];
        foreach (var process in leftProcesses)
        {
            using var handle = PidFd.TryOpen(process.Pid);
            handle?.Send(PidFd.Kill);
        }

        // The lock is a file that stays for good reason: see ApiSocket.
        left.AddRange(FilesIn(agent.RunDirectory).Where(file => file != agent.Socket + ".lock").Select(file => $"file {file}"));
        left.AddRange(FilesIn(Path.Combine(agent.StateDirectory, "vms")).Select(file => $"file {file}"));
        return left;
    }

    /// <summary>Running processes that name a directory in their arguments. A zombie has none.</summary>
    internal static IReadOnlyList<RunningProcess> ProcessesOf(string directory) => ProcessTable.Containing(directory);

    /// <inheritdoc/>
    public void Dispose() =>
        ProcessesOf(Prefix).Select(process => string.Join(' ', process.Arguments)).ShouldBeEmpty("Processes outlive the whole run.");

    private static IEnumerable<string> FilesIn(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        : [];
}
