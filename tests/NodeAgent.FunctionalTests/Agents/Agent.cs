using Grpc.Core;
using Grpc.Health.V1;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>
/// An agent of a test's own: its directories, its program, its clients. The program may be killed and started again; the
/// directories stay. Nothing of it outlives the test, and what it leaves behind by itself fails the test.
/// </summary>
internal sealed class Agent : IAsyncDisposable
{
    /// <summary>SIGTERM, SIGHUP.</summary>
    private const int Terminate = 15, HangUp = 1;

    private static int _count;

    private readonly AgentConfiguration _configuration;
    private AgentProcess? _process;
    private AgentClient? _client;

    private Agent(AgentConfiguration configuration)
    {
        _configuration = configuration;
        Root = Directory.CreateTempSubdirectory(LeakGuard.Prefix).FullName;
        Directory.CreateDirectory(Images);
        File.WriteAllText(ConfigurationFile, configuration.ToIni(Images, Artifacts.Guests));

        // An address of its own on the loopback network: no port has to be found free, and nobody else can take it.
        var number = Interlocked.Increment(ref _count);
        MetricsAddress = $"127.{100 + (Environment.ProcessId >> 16 & 0x3f)}.{Environment.ProcessId >> 8 & 0xff}.{Environment.ProcessId & 0xff}:{20000 + number}";
    }

    public string Root { get; }

    public string StateDirectory => _configuration.StateDirectory ?? Path.Combine(Root, "state");

    public string RunDirectory => _configuration.RunDirectory ?? Path.Combine(Root, "run");

    /// <summary>An image root that the test may write to.</summary>
    public string Images => Path.Combine(Root, "images");

    public string Socket => Path.Combine(RunDirectory, "api.sock");

    public string MetricsAddress { get; }

    public string ConfigurationFile => Path.Combine(Root, "nodeagentd.conf");

    public string LogFile => Path.Combine(Root, "nodeagentd.log");

    public AgentProcess Process => _process ?? throw new InvalidOperationException("The agent is not running.");

    /// <summary>What the next run is given by whoever starts it.</summary>
    public ServiceSetting Service { get; set; } = new();

    public AgentClient Client => _client ?? throw new InvalidOperationException("The agent is not running.");

    public IReadOnlyList<string> Arguments =>
    [
        "--config", ConfigurationFile, "--state-dir", StateDirectory, "--run-dir", RunDirectory,
        .. Service.Listener is null ? ["--listen", $"unix:{Socket}"] : Array.Empty<string>(), "--metrics-listen", MetricsAddress,
    ];

    /// <summary>Makes the directories and starts the program; returns when it is ready.</summary>
    public static async Task<Agent> StartAsync(AgentConfiguration? configuration = null)
    {
        var agent = Create(configuration);
        try
        {
            await agent.StartAgainAsync();
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the directories only.</summary>
    public static Agent Create(AgentConfiguration? configuration = null) => new(configuration ?? new AgentConfiguration());

    /// <summary>Starts the program on the directories as they are; returns when it is ready.</summary>
    public async Task StartAgainAsync()
    {
        Launch();
        await UntilReadyAsync();
    }

    /// <summary>Starts the program and returns at once.</summary>
    public void Launch()
    {
        _client?.Dispose();
        _process?.Dispose();
        _process = AgentProcess.Start(Artifacts.Nodeagentd, Arguments, LogFile, Service);
        _client = new AgentClient(Socket);
    }

    /// <summary>Waits until the agent has looked after its guests and says that it serves.</summary>
    public async Task UntilReadyAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await IsServingAsync(limit.Token))
        {
            if (Process.Exited.IsCompleted)
            {
                throw new InvalidOperationException($"The agent ended with {await Process.Exited}:\n{ReadLog()}");
            }

            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>Stops it in order and checks that it went in order.</summary>
    public async Task StopAsync()
    {
        Process.Send(Terminate);
        var exit = await Process.Exited.WaitAsync(TimeSpan.FromSeconds(30));
        exit.ShouldBe(new ProcessExit(0, null, false), $"after SIGTERM; its log:\n{ReadLog()}");
    }

    /// <summary>Has the configuration read again.</summary>
    public void Reload() => Process.Send(HangUp);

    /// <summary>What it has logged so far, over all its runs.</summary>
    public string ReadLog() => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>Copies a disk of the guests into the writable image root, so that tests do not share it.</summary>
    public string CopyImage(string name, string? newName = null)
    {
        var copy = Path.Combine(Images, newName ?? name);
        File.Copy(Path.Combine(Artifacts.Guests, name), copy);
        return copy;
    }

    /// <summary>Stops and forgets every VM through the agent itself, stops the agent, and looks for what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        var complaints = new List<string>();
        try
        {
            if (_process is { Exited.IsCompleted: false })
            {
                await ClearVmsAsync();
                await StopAsync();
            }
        }
        catch (Exception error) when (error is RpcException or TimeoutException or ShouldAssertException)
        {
            complaints.Add(error.Message);
        }

        _client?.Dispose();
        complaints.AddRange(await LeakGuard.FindAsync(this));
        AftermathAttribute.Note(Path.GetFileName(Root), ReadLog(), complaints);
        _process?.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private async Task ClearVmsAsync()
    {
        foreach (var vm in await Client.ListAsync())
        {
            if (vm.Status.State is not V1.VmState.Stopped)
            {
                await Client.WaitAsync(await Client.Vms.StopVmAsync(new V1.StopVmRequest { Vm = vm.Id, Force = true }));
            }

            await Client.Vms.DeleteVmAsync(new V1.DeleteVmRequest { Vm = vm.Id });
        }
    }

    private async Task<bool> IsServingAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Client.Health.CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken);
            return answer.Status is HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable)
        {
            return false;
        }
    }
}
