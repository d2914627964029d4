using NodeAgent.Configuration;

namespace NodeAgent.Hosting;

/// <summary>
/// Keeps real and simulated nodes apart on disk: a simulated one leaves a mark in its directories, which no real one
/// touches, and touches none that a real one has used.
/// </summary>
internal static class SimulationMark
{
    private const string FileName = "simulated";

    // What a node of either kind leaves in its state directory and in its run directory.
    private static readonly string[] Traces = ["ledger.db", "node-id", "vms"];

    /// <summary>Marks the directories of a simulated node, and sees to it that nobody uses the other kind's.</summary>
    /// <exception cref="StartException">The directories are the other kind's.</exception>
    /// <exception cref="IOException">The mark cannot be written.</exception>
    public static void Check(AgentOptions options)
    {
        foreach (var directory in (string[])[options.StateDirectory, options.RunDirectory])
        {
            var mark = Path.Combine(directory, FileName);
            if (options.Qemu.Launcher is not LauncherChoice.Simulated)
            {
                Refuse(File.Exists(mark), $"{directory} is a simulated node's, and this one is to be real. Choose other directories with --state-dir and --run-dir, or say --simulate.");
            }
            else if (!File.Exists(mark))
            {
                Refuse(
                    Traces.Any(trace => Path.Exists(Path.Combine(directory, trace))),
                    $"{directory} is a real node's, and this one is to be simulated. Choose directories of its own with --state-dir and --run-dir.");
                File.WriteAllText(mark, "The node of this directory is simulated (nodeagentd --simulate): none of its VMs is real.\n");
            }
        }
    }

    private static void Refuse(bool isOtherKind, string message)
    {
        if (isOtherKind)
        {
            throw new StartException(message);
        }
    }
}
