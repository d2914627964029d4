using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>The fields of /proc/PID/stat (proc(5)) that identify a process and tell how it ended.</summary>
/// <param name="State">One letter: R, S, D, T, Z (zombie), …</param>
/// <param name="ParentPid">Process id of its parent.</param>
/// <param name="StartTicks">Clock ticks after boot at which it started (field 22).</param>
/// <param name="ExitStatus">Status in the form of wait(2) (field 52); meaningful for a zombie only.</param>
public readonly record struct ProcStat(char State, int ParentPid, long StartTicks, int ExitStatus)
{
    /// <summary>Reads it, or returns <c>null</c> when there is no such process.</summary>
    /// <param name="pid">Process id.</param>
    /// <param name="procRoot">Where procfs is mounted.</param>
    public static ProcStat? Read(int pid, string procRoot = "/proc")
    {
        try
        {
            return Parse(File.ReadAllText(Path.Combine(procRoot, pid.ToString(CultureInfo.InvariantCulture), "stat")));
        }
        catch (IOException)
        {
            // ENOENT before, ESRCH during the read: gone either way.
            return null;
        }
    }

    /// <summary>Parses one line; <c>null</c> when it is not one.</summary>
    internal static ProcStat? Parse(string line)
    {
        // The second field is the command's name in parentheses and may itself hold spaces and parentheses.
        var afterName = line.LastIndexOf(')');
        if (afterName < 0)
        {
            return null;
        }

        var fields = line[(afterName + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        const int First = 3;
        return fields.Length > 52 - First
            && int.TryParse(fields[4 - First], CultureInfo.InvariantCulture, out var parent)
            && long.TryParse(fields[22 - First], CultureInfo.InvariantCulture, out var start)
            && int.TryParse(fields[52 - First], CultureInfo.InvariantCulture, out var status)
            ? new ProcStat(fields[0][0], parent, start, status)
            : null;
    }
}
