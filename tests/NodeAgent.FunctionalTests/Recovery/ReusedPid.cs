using System.Globalization;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Recovery;

/// <summary>A process without meaning that was given a pid which somebody else had before.</summary>
internal sealed class ReusedPid : IDisposable
{
    private readonly PidFd _process;

    private ReusedPid(PidFd process) => _process = process;

    public bool IsAlive => !_process.HasExited;

    /// <summary>Starts processes until one has that pid; <c>null</c> when others were faster again and again.</summary>
    public static async Task<ReusedPid?> TakeAsync(int pid)
    {
        // A first process that is slow to reap keeps the number of what it inherited for a while; nothing tells when.
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (Directory.Exists($"/proc/{pid}") && !limit.IsCancellationRequested)
        {
            await Task.Delay(20);
        }

        for (var attempt = 0; attempt < 2000; attempt++)
        {
            // The kernel gives the next free number after the one written here.
            await File.WriteAllTextAsync("/proc/sys/kernel/ns_last_pid", (pid - 1).ToString(CultureInfo.InvariantCulture));
            var process = ChildProcess.Start(new ChildProcessOptions { Path = "/bin/sleep", Arguments = ["600"] });
            if (process.Pid == pid)
            {
                return new ReusedPid(process);
            }

            process.Send(PidFd.Kill);
            await ExitWatch.WaitAsync(process);
            process.Dispose();
        }

        return null;
    }

    public void Dispose()
    {
        _process.Send(PidFd.Kill);
        _process.Dispose();
    }
}
