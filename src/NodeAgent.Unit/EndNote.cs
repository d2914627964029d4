using System.Globalization;

namespace NodeAgent.Unit;

/// <summary>
/// Notes how QEMU ended where the agent looks for it, from what systemd tells the last command of a unit
/// (systemd.exec(5), "Environment variables set on process exit"). An agent that was away learns it from there.
/// </summary>
internal static class EndNote
{
    public static int Leave(string directory)
    {
        string[] lines =
        [
            $"result={Environment.GetEnvironmentVariable("SERVICE_RESULT")}",
            $"code={Environment.GetEnvironmentVariable("EXIT_CODE")}",
            $"status={Environment.GetEnvironmentVariable("EXIT_STATUS")}",
            $"oom_kills={OutOfMemoryKills().ToString(CultureInfo.InvariantCulture)}",
        ];
        try
        {
            // Whole or not at all: the agent may look at any moment.
            var draft = Path.Combine(directory, "end.new");
            File.WriteAllLines(draft, lines);
            File.Move(draft, Path.Combine(directory, "end"), overwrite: true);
            return 0;
        }
        catch (IOException)
        {
            // The directory is gone when the agent has seen the end for itself and cleared away.
            return 0;
        }
    }

    // With control groups of version 1 systemd does not see what the kernel killed for want of memory, but the group
    // counts it, and this command runs in the same group. With version 2 systemd says so in its result.
    private static int OutOfMemoryKills()
    {
        try
        {
            var group = File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)).FirstOrDefault(parts => parts[1] == "memory");
            return group is null ? 0 : File.ReadLines($"/sys/fs/cgroup/memory{group[2]}/memory.oom_control")
                .Select(line => line.Split(' '))
                .Where(words => words is ["oom_kill", _])
                .Select(words => int.Parse(words[1], CultureInfo.InvariantCulture))
                .FirstOrDefault();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
