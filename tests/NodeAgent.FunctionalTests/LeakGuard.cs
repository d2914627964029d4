using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;

[assembly: AssemblyFixture(typeof(NodeAgent.FunctionalTests.LeakGuard))]

namespace NodeAgent.FunctionalTests;

/// <summary>
/// Finds what a test's agent left behind: processes, and files and sockets in its run directory. At the end of the whole run it looks once more, for all tests together.
/// </summary>
public sealed class LeakGuard : IDisposable
{
    /// <summary>Begins the name of every directory of an agent; no other process has it in its arguments.</summary>
    internal static string Prefix { get; } = $"nodeagent-ft-{Environment.ProcessId}-";

    /// <summary>What one agent left. Processes are killed, so that the next test has a clean machine.</summary>
    internal static async Task<IReadOnlyList<string>> FindAsync(Agent agent)
    {
        // A process that was told to go may need a moment to be gone.
        var leftProcesses = Left();
        for (var tries = 0; tries < 100 && leftProcesses.Count > 0; tries++)
        {
            await Task.Delay(20);
            leftProcesses = Left();
        }

        List<string> left = [.. leftProcesses.Select(process => $"process {process.Pid}: {string.Join(' ', process.Arguments.Take(12))}")];
        foreach (var process in leftProcesses)
        {
            using var handle = PidFd.TryOpen(process.Pid);
            handle?.Send(PidFd.Kill);
        }

        // Files that stay for good reason: the lock (see ApiSocket), and what says that a node is simulated.
        left.AddRange(FilesIn(agent.RunDirectory).Where(file => file != agent.Socket + ".lock" && Path.GetFileName(file) != "simulated").Select(file => $"file {file}"));
        left.AddRange(FilesIn(Path.Combine(agent.StateDirectory, "vms")).Select(file => $"file {file}"));
        return left;

        IReadOnlyList<RunningProcess> Left() => [.. ProcessesOf(agent.Root).Concat(ProcessesOf(agent.RunDirectory)).DistinctBy(process => process.Pid)];
    }

    /// <summary>
    /// Running processes that name a directory in their arguments, as the agent does, or write their standard output to
    /// a file in it, as every QEMU does. A zombie does neither.
    /// </summary>
    internal static IReadOnlyList<RunningProcess> ProcessesOf(string directory) =>
    [
        .. ProcessTable.Containing("").Where(process => process.Arguments.Any(argument => argument.Contains(directory, StringComparison.Ordinal))
            || OutputOf(process.Pid).Contains(directory, StringComparison.Ordinal)),
    ];

    /// <inheritdoc/>
    public void Dispose() =>
        ProcessesOf(Prefix).Select(process => string.Join(' ', process.Arguments)).ShouldBeEmpty("Processes outlive the whole run.");

    private static string OutputOf(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/fd/1").LinkTarget ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static IEnumerable<string> FilesIn(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        : [];
}
