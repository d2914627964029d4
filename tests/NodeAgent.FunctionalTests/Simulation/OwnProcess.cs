using System.Net.Sockets;
using Grpc.Net.Client;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.FunctionalTests.Simulation;

/// <summary>A program that a fleet runs: held by descriptor, logging into a file, and spoken to over a unix socket.</summary>
internal sealed class OwnProcess : IDisposable
{
    private const int Terminate = 15;

    private readonly PidFd _handle;

    private OwnProcess(PidFd handle)
    {
        _handle = handle;
        Exited = ExitWatch.WaitAsync(handle);
    }

    public int Pid => _handle.Pid;

    public Task<ProcessExit> Exited { get; }

    /// <summary>CPU time and memory so far.</summary>
    public ProcUsage Usage => ProcUsage.Read(Pid) ?? default;

    /// <summary>Starts it.</summary>
    public static OwnProcess Start(string program, string log, params string[] arguments)
    {
        using var output = AppendFile.Open(log);
        return new OwnProcess(ChildProcess.Start(new ChildProcessOptions
        {
            Path = program,
            Arguments = arguments,
            Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", $"DOTNET_ROOT={Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? RuntimeRoot}"],
            Output = output,
        }));
    }

    /// <summary>A connection to a unix socket.</summary>
    public static GrpcChannel Dial(string path) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        MaxReceiveMessageSize = null,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        },
    });

    /// <summary>Asks it to leave, and waits until it is gone.</summary>
    public async Task TerminateAsync()
    {
        _handle.Send(Terminate);
        await Exited;
    }

    /// <summary>kill -9, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _handle.Send(PidFd.Kill);
        await Exited;
    }

    public void Dispose() => _handle.Dispose();

    // The manager is no native program: it wants the runtime that these tests run on.
    private static string RuntimeRoot => Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
}
