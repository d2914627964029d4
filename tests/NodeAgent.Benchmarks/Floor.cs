using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Benchmarks;

/// <summary>
/// The least that anybody can do: fork QEMU with the identical argument list, say hello over QMP, ask for its status.
/// No record, no recovery, no second monitor.
/// </summary>
internal sealed class Floor : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-floor-");
    private readonly byte[] _buffer = new byte[65536];
    private Socket _qmp = null!;

    public PidFd Process { get; private set; } = null!;

    /// <summary>Starts QEMU to its paused state.</summary>
    public void Start(string binary, IReadOnlyList<string> arguments)
    {
        var path = Path.Combine(_directory.FullName, "qmp.sock");
        var listeners = Enumerable.Range(0, 3).Select(i => UnixListener.Listen(path + i)).ToArray();
        _qmp = UnixListener.Connect(path + 0);
        Process = ChildProcess.Start(new ChildProcessOptions
        {
            Path = binary,
            Arguments = [.. arguments.Select(argument => argument.Replace("/run/vms/", "/floor/", StringComparison.Ordinal))],
            Descriptors = listeners.Cast<SafeHandle>().ToArray(),
        });
        Array.ForEach(listeners, listener => listener.Dispose());
        ReadLine();
        Ask("""{"execute":"qmp_capabilities"}""");
        Ask("""{"execute":"query-status"}""");
    }

    /// <summary>Kills it and waits.</summary>
    public Task KillAsync()
    {
        Process.Send(PidFd.Kill);
        return ExitWatch.WaitAsync(Process);
    }

    public void Dispose()
    {
        _qmp.Dispose();
        Process.Dispose();
        _directory.Delete(recursive: true);
    }

    private void Ask(string command)
    {
        _qmp.Send(Encoding.ASCII.GetBytes(command + "\n"));
        while (!ReadLine().Contains("\"return\"", StringComparison.Ordinal))
        {
            // Events that come between are not what was asked for.
        }
    }

    private string ReadLine()
    {
        var length = 0;
        while (length == 0 || _buffer[length - 1] != '\n')
        {
            var read = _qmp.Receive(_buffer, length, _buffer.Length - length, SocketFlags.None);
            if (read == 0)
            {
                throw new IOException("QEMU closed its monitor");
            }

            length += read;
        }

        return Encoding.UTF8.GetString(_buffer, 0, length);
    }
}
