using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hosting;

/// <summary>
/// What is left of an agent that was killed in the midst of a start: the child that was to be QEMU has all descriptors of the
/// agent until it executes its program, and with them the agent's locks and sockets. That takes milliseconds, and nothing
/// tells of it.
/// </summary>
internal static class FormerAgent
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until it has let go, or for so long that whoever wants the locks had better say that they are taken.</summary>
    public static Task UntilLetGoAsync(AgentOptions options, TimeProvider time) => UntilLetGoAsync(
        [new LedgerOptions { StateDirectory = options.StateDirectory }.LockPath, .. options.SocketPaths.Select(ApiSocket.LockPathOf)], time);

    /// <summary>As above, by the paths of the locks.</summary>
    internal static async Task UntilLetGoAsync(IReadOnlyList<string> locks, TimeProvider time)
    {
        var began = time.GetTimestamp();
        while (locks.Any(FileLock.IsLeftBehind) && time.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(Pause, time);
        }
    }
}
