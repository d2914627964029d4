using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>The published agent on directories of its own, and a client that is connected to it.</summary>
internal sealed class BenchAgent : BenchClient, IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-bench-");

    private readonly string _configuration;

    private BenchAgent(string configuration)
    {
        _configuration = Path.Combine(_directory.FullName, "nodeagentd.conf");
        File.WriteAllText(_configuration, configuration);
    }

    public PidFd Process { get; private set; } = null!;

    public int MetricsPort { get; } = FreePort();

    public string RunDirectory => Path.Combine(_directory.FullName, "run");

    public string Socket => Path.Combine(RunDirectory, "api.sock");

    public static string Binary(string name) =>
        Path.Combine(Environment.GetEnvironmentVariable("NODEAGENT_BIN") ?? Path.Combine(Artifacts.Tree, "artifacts/bin"), name);

    /// <summary>Starts one.</summary>
    /// <param name="configuration">What its configuration file says.</param>
    public static async Task<BenchAgent> StartAsync(string configuration = "")
    {
        var agent = new BenchAgent(configuration);
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
                    "--config", _configuration, "--state-dir", Path.Combine(_directory.FullName, "state"), "--run-dir", RunDirectory,
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

        Connect(Socket);
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
        Disconnect();
    }

    public async Task<double> ScrapeAsync(HttpClient http)
    {
        var began = Stopwatch.GetTimestamp();
        await http.GetByteArrayAsync($"http://127.0.0.1:{MetricsPort}/metrics");
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>How often the ledger was synced for somebody who waits for it; copying the log back in quiet moments is beside that.</summary>
    public async Task<double> SyncsAsync(HttpClient http)
    {
        const string Name = "nodeagent_ledger_commits_total ";
        var page = await http.GetStringAsync($"http://127.0.0.1:{MetricsPort}/metrics");
        var at = page.IndexOf("\n" + Name, StringComparison.Ordinal) + 1 + Name.Length;
        return double.Parse(page.AsSpan(at, page.IndexOf('\n', at) - at), CultureInfo.InvariantCulture);
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
