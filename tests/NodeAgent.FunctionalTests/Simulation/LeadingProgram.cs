using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using ReferenceManager.Admin.V1;

namespace NodeAgent.FunctionalTests.Simulation;

/// <summary>The reference manager as the program that it is, with its data in a directory. It may be killed, and started again where it was.</summary>
internal sealed class LeadingProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly TimeSpan _leaseInterval;
    private readonly int _port = FreePort();
    private OwnProcess _process = null!;
    private GrpcChannel _channel = null!;

    private LeadingProgram(string directory, TimeSpan leaseInterval)
    {
        _directory = directory;
        _leaseInterval = leaseInterval;
    }

    public AdminService.AdminServiceClient Admin { get; private set; } = null!;

    public OwnProcess Process => _process;

    public static async Task<LeadingProgram> StartAsync(string directory, TimeSpan leaseInterval)
    {
        var manager = new LeadingProgram(Directory.CreateDirectory(directory).FullName, leaseInterval);
        await manager.StartAgainAsync();
        return manager;
    }

    /// <summary>Starts it on what it left.</summary>
    /// <returns>When nodes could come.</returns>
    public async Task<long> StartAgainAsync()
    {
        var (ready, log, data) = (Path.Combine(_directory, "ready"), Path.Combine(_directory, "log"), Path.Combine(_directory, "data"));
        File.Delete(ready);
        _process = OwnProcess.Start(
            Path.Combine(AppContext.BaseDirectory, "reference-manager"), log,
            "serve", "--data", data, "--listen", $"127.0.0.1:{_port}", "--lease-interval", $"{_leaseInterval.TotalSeconds}s", "--ready-file", ready);
        var began = Stopwatch.GetTimestamp();
        while (!File.Exists(ready))
        {
            if (_process.Exited.IsCompleted || Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new InvalidOperationException($"The manager does not start:\n{await File.ReadAllTextAsync(log)}");
            }

            await Task.Delay(5);
        }

        var now = Stopwatch.GetTimestamp();
        _channel = OwnProcess.Dial(Path.Combine(data, "admin.sock"));
        Admin = new AdminService.AdminServiceClient(_channel);
        return now;
    }

    public async Task KillAsync()
    {
        await _process.KillAsync();
        _process.Dispose();
        _channel.Dispose();
    }

    public async Task<string> TokenAsync() => (await Admin.CreateTokenAsync(new CreateTokenRequest())).Text;

    public async Task<ManagerStatus> StatusAsync() => await Admin.GetStatusAsync(new GetStatusRequest());

    /// <summary>How many VMs the manager believes to be running.</summary>
    public async Task<int> RunningAsync() => (await Admin.ListNodesAsync(new ListNodesRequest())).Nodes.Sum(node => node.VmsRunning);

    public async ValueTask DisposeAsync() => await KillAsync();

    // It must be the same when the manager comes back, so that any would not do.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
