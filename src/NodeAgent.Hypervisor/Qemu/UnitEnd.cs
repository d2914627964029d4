using System.Globalization;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// What the unit of a VM noted of its end in the VM's run directory. It is there although the agent was away, or
/// systemd has forgotten the unit; see the program <c>nodeagent-vm</c>, which writes it.
/// </summary>
public static class UnitEnd
{
    private static readonly string[] Signals =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Reads it; not known where there is none.</summary>
    public static ProcessExit Read(RunDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        try
        {
            return Parse(File.ReadAllLines(directory.EndNote));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ProcessExit.Unknown;
        }
    }

    internal static ProcessExit Parse(IEnumerable<string> lines)
    {
        var values = lines.Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1]);
        var status = values.GetValueOrDefault("status", "");
        var number = int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : (int?)null;
        var signal = number ?? (Array.IndexOf(Signals, status) is > 0 and var index ? index : null);
        var outOfMemory = values.GetValueOrDefault("result") == "oom-kill" || values.GetValueOrDefault("oom_kills", "0") != "0";
        return values.GetValueOrDefault("code") switch
        {
            "exited" => new ProcessExit(number, null, false),
            "killed" => new ProcessExit(null, signal, false) { OutOfMemory = outOfMemory },
            "dumped" => new ProcessExit(null, signal, true),
            _ => ProcessExit.Unknown,
        };
    }
}
