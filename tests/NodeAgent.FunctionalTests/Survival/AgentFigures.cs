using System.Globalization;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>What an agent has open at one moment: what must not grow.</summary>
internal sealed record AgentFigures(int Descriptors, int Threads, int RunFiles, int StateFiles, long ResidentBytes)
{
    /// <summary>Reads them of a running agent.</summary>
    public static AgentFigures Read(Agent agent)
    {
        var proc = $"/proc/{agent.Process.Pid}";
        var resident = File.ReadLines($"{proc}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new AgentFigures(
            Directory.GetFileSystemEntries($"{proc}/fd").Length,
            Directory.GetDirectories($"{proc}/task").Length,
            Count(agent.RunDirectory),
            Count(agent.StateDirectory),
            long.Parse(resident.AsSpan("VmRSS:".Length).Trim().TrimEnd("kB"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) << 10);
    }

    /// <summary>Waits for something that the kernel or the agent does soon after; false when it does not.</summary>
    public static async Task<bool> UntilAsync(Func<bool> isSo)
    {
        for (var tries = 0; tries < 500 && !isSo(); tries++)
        {
            await Task.Delay(20);
        }

        return isSo();
    }

    private static int Count(string directory) => Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Count();
}
