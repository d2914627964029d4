using System.Collections;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>One run of the daemon's program: started, watched, ended. Held by descriptor, so that no other process is ever hit.</summary>
internal sealed class AgentProcess : IDisposable
{
    private readonly PidFd _handle;

    private AgentProcess(PidFd handle)
    {
        _handle = handle;
        Exited = ExitWatch.WaitAsync(handle);
    }

    public int Pid => _handle.Pid;

    /// <summary>Completes when it ends, with how.</summary>
    public Task<ProcessExit> Exited { get; }

    /// <summary>Starts it; what it logs is added to a file.</summary>
    public static AgentProcess Start(string program, IReadOnlyList<string> arguments, string log, ServiceSetting? service = null)
    {
        using var output = File.OpenHandle(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        IEnumerable<string> inherited = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(one => $"{one.Key}={one.Value}").Where(IsForAgent);
        string[] line = [.. service?.Before ?? [], program, .. arguments];
        var options = new ChildProcessOptions { Path = line[0], Arguments = line[1..], Environment = [.. inherited, .. service?.Variables ?? []], Output = output };
        return new AgentProcess(ChildProcess.Start(service?.Listener is null ? options : options with
        {
            // The variable must name a process that is not there yet; the shell keeps its number when it becomes the agent.
            Path = "/bin/sh",
            Arguments = ["-c", "export LISTEN_PID=$$; exec \"$0\" \"$@\"", program, .. arguments],
            Environment = [.. options.Environment, "LISTEN_FDS=1", "LISTEN_FDNAMES=api"],
            Descriptors = [service.Listener],
        }));
    }

    /// <summary>Sends a signal; false when the process has ended.</summary>
    public bool Send(int signal) => _handle.Send(signal);

    /// <summary>Kills it and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _handle.Send(PidFd.Kill);
        await Exited.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Dispose() => _handle.Dispose();

    // What is said to the tests (NODEAGENT_BIN, NODEAGENT_EFFORT) would be a faulty configuration to the agent.
    private static bool IsForAgent(string variable) => !variable.StartsWith("NODEAGENT_", StringComparison.Ordinal);
}
