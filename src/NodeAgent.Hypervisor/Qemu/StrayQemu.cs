using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// A QEMU that holds the sockets of a run directory of this agent. That it holds them, and not what it is called, is
/// what proves whose it is.
/// </summary>
/// <param name="Pid">The process.</param>
/// <param name="Arguments">Its argument list, with the program's name first.</param>
/// <param name="Directory">The VM's run directory.</param>
public sealed record StrayQemu(int Pid, IReadOnlyList<string> Arguments, string Directory)
{
    private const string UuidOption = "-uuid";

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

    /// <summary>Finds all of them in one pass over procfs, and in none when no such socket is there.</summary>
    public static IReadOnlyList<StrayQemu> FindAll(string runDirectory)
    {
        var candidates = new Dictionary<int, RunningProcess>();
        var root = RunDirectory.Root(runDirectory);
        var holders = UnixSocketTable.Holders(root, () =>
        {
            candidates = ProcessTable.Containing(UuidOption).ToDictionary(process => process.Pid);
            return candidates.Keys;
        });
        return
        [
            .. holders.GroupBy(holder => (holder.Pid, Directory: DirectoryOf(root, holder.SocketPath)))
                .Select(group => new StrayQemu(group.Key.Pid, candidates[group.Key.Pid].Arguments, group.Key.Directory)),
        ];
    }

    // A VM's sockets lie in its run directory or in folders of it: the display's has one of its own.
    private static string DirectoryOf(string root, string socketPath) =>
        Path.Combine(root, Path.GetRelativePath(root, socketPath).Split(Path.DirectorySeparatorChar)[0]);
}
