using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using NodeAgent.Bindings.Linux;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>The published agent on directories of its own, and a client that is connected to it.</summary>
internal sealed class BenchAgent : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-bench-");
    private GrpcChannel _channel = null!;

    private BenchAgent()
    {
    }

    public PidFd Process { get; private set; } = null!;

    public VmService.VmServiceClient Vms { get; private set; } = null!;

    public Operations.OperationsClient Operations { get; private set; } = null!;

    public int MetricsPort { get; } = FreePort();

    public string RunDirectory => Path.Combine(_directory.FullName, "run");

    public string Socket => Path.Combine(RunDirectory, "api.sock");

    public static string Binary(string name) =>
        Path.Combine(Environment.GetEnvironmentVariable("NODEAGENT_BIN") ?? Path.Combine(Root(), "artifacts/bin"), name);

    public static async Task<BenchAgent> StartAsync()
    {
        var agent = new BenchAgent();
        await agent.ExecAsync();
        return agent;
    }

    /// <summary>Executes the agent and returns when it serves.</summary>
    /// <returns>Milliseconds from exec to the first answer.</returns>
    public async Task<double> ExecAsync()
    {
        var began = Stopwatch.GetTimestamp();
        using (var log = AppendFile.Open(Path.Combine(_directory.FullName, "log")))
        {
            Process = ChildProcess.Start(new ChildProcessOptions
            {
                Path = Binary("nodeagentd"),
                Arguments =
                [
                    "--state-dir", Path.Combine(_directory.FullName, "state"), "--run-dir", RunDirectory,
                    "--listen", $"unix:{Socket}", "--metrics-listen", $"127.0.0.1:{MetricsPort}",
                ],
                Environment =
                [
                    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                    .. Environment.GetEnvironmentVariable("NODEAGENT_BENCH_ENV")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
                ],
                Output = log,
            });
        }

        Connect();
        while (true)
        {
            try
            {
                await Vms.ListVmsAsync(new ListVmsRequest { PageSize = 1 });
                return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
            catch (Grpc.Core.RpcException)
            {
                // The agent promises a time, not an order: until its socket is there, asking is all that a client can do.
                await Task.Delay(1);
            }
        }
    }

    public async Task KillAsync()
    {
        Process.Send(PidFd.Kill);
        await ExitWatch.WaitAsync(Process);
        Process.Dispose();
        _channel.Dispose();
    }

    /// <summary>Creates a VM that needs little.</summary>
    public Task<Vm> CreateAsync(string name) => Vms.CreateVmAsync(new CreateVmRequest
    {
        Vm = new Vm
        {
            Name = name,
            Spec = new VmSpec { Cpu = new CpuSpec { Vcpus = 1 }, MemoryBytes = 32 << 20, Machine = "pc", Accelerator = Accelerator.Kvm, Rng = false, Balloon = false },
        },
    }).ResponseAsync;

    public async Task StartVmAsync(string name) => await EndedAsync(await Vms.StartVmAsync(new StartVmRequest { Vm = name, Paused = true }));

    public async Task StopVmAsync(string name) => await EndedAsync(await Vms.StopVmAsync(new StopVmRequest { Vm = name, Force = true }));

    public async Task DeleteAsync(string name) => await Vms.DeleteVmAsync(new DeleteVmRequest { Vm = name });

    public async Task<double> ScrapeAsync(HttpClient http)
    {
        var began = Stopwatch.GetTimestamp();
        await http.GetByteArrayAsync($"http://127.0.0.1:{MetricsPort}/metrics");
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in (await Vms.ListVmsAsync(new ListVmsRequest { PageSize = 1000 })).Vms)
        {
            if (vm.Status.Pid != 0)
            {
                await StopVmAsync(vm.Name);
            }
        }

        await KillAsync();
        _directory.Delete(recursive: true);
    }

    private async Task EndedAsync(Operation operation)
    {
        var ended = operation.Done ? operation : await Operations.WaitOperationAsync(new WaitOperationRequest { Name = operation.Name });
        if (ended.Error is { } error)
        {
            throw new InvalidOperationException(error.Message);
        }
    }

    private void Connect()
    {
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });
        Vms = new VmService.VmServiceClient(_channel);
        Operations = new Operations.OperationsClient(_channel);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "NodeAgent.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }
}
