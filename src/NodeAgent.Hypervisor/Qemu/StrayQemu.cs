using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// A QEMU that holds the sockets of a run directory of this agent. That it holds them, and not what it is called, is
/// what proves whose it is.
/// </summary>
/// <param name="Pid">The process.</param>
/// <param name="Arguments">Its argument list, with the program's name first; empty where it is no QEMU, or none yet.</param>
/// <param name="Directory">The VM's run directory.</param>
public sealed record StrayQemu(int Pid, IReadOnlyList<string> Arguments, string Directory)
{
    private const string UuidOption = "-uuid";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>The VM that it says it is; <c>null</c> when it does not.</summary>
    public Guid? VmId
    {
        get
        {
            for (var i = 0; i + 1 < Arguments.Count; i++)
            {
                if (Arguments[i] == UuidOption && Guid.TryParse(Arguments[i + 1], out var id))
                {
                    return id;
                }
            }

            return null;
        }
    }

    /// <summary>
    /// Finds all of them. A child that the former agent had only just made when it was killed has its sockets already and
    /// becomes QEMU when it gets to run, so that it is waited for; nothing tells of an exec.
    /// </summary>
    /// <param name="runDirectory">The agent's run directory.</param>
    /// <param name="patience">How long at most; what is no QEMU then is among the found all the same.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<StrayQemu>> FindAllAsync(string runDirectory, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        var began = time.GetTimestamp();
        while (true)
        {
            var found = FindAll(runDirectory);
            if (found.All(stray => stray.VmId is not null) || time.GetElapsedTime(began) >= patience)
            {
                return found;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    // One pass over procfs where QEMUs hold all the sockets, and none when no socket is there.
    private static IReadOnlyList<StrayQemu> FindAll(string runDirectory)
    {
        var candidates = new Dictionary<int, RunningProcess>();
        var root = RunDirectory.Root(runDirectory);
        var holders = UnixSocketTable.Holders(
            root,
            () =>
            {
                candidates = ProcessTable.Containing(UuidOption).ToDictionary(process => process.Pid);
                return candidates.Keys;
            },
            () => ProcessTable.All().Where(pid => pid != Environment.ProcessId && !candidates.ContainsKey(pid)));
        return
        [
            .. holders.GroupBy(holder => (holder.Pid, Directory: DirectoryOf(root, holder.SocketPath)))
                .Select(group => new StrayQemu(group.Key.Pid, candidates.GetValueOrDefault(group.Key.Pid)?.Arguments ?? [], group.Key.Directory)),
        ];
    }

    // A VM's sockets lie in its run directory or in folders of it: the display's has one of its own.
    private static string DirectoryOf(string root, string socketPath) =>
        Path.Combine(root, Path.GetRelativePath(root, socketPath).Split(Path.DirectorySeparatorChar)[0]);
}
