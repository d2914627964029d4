using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using ReferenceManager.Admin.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>
/// A reference manager of a test's own, as the program that it is: it may be killed, stopped in its tracks, and started
/// again on the same data. Its address is its own, and stays.
/// </summary>
internal sealed class FleetLeader : IAsyncDisposable
{
    private const int Terminate = 15, Freeze = 19, Thaw = 18;

    private static int _count;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory(LeakGuard.Prefix + "leader-");
    private AgentProcess? _process;
    private GrpcChannel? _channel;
    private AdminService.AdminServiceClient? _admin;

    private FleetLeader()
    {
        // Of the loopback network, as an agent's address for metrics.
        var number = Interlocked.Increment(ref _count);
        Address = $"127.{36 + (Environment.ProcessId >> 16 & 0x3f)}.{Environment.ProcessId >> 8 & 0xff}.{Environment.ProcessId & 0xff}:{20000 + number}";
    }

    /// <summary>Where nodes come, unless a test says something else.</summary>
    public string Address { get; }

    /// <summary>Where nobody is, until a test starts this manager there.</summary>
    public string OtherAddress => Address.Replace(":2", ":3", StringComparison.Ordinal);

    /// <summary>What it keeps.</summary>
    public string Data => Path.Combine(_root.FullName, "data");

    /// <summary>What people and tests ask of it.</summary>
    public AdminService.AdminServiceClient Admin => _admin ?? throw new InvalidOperationException("The manager is not running.");

    /// <summary>What it is given beside its data and its address.</summary>
    public IReadOnlyList<string> Options { get; init; } = ["--lease-interval", "1s"];

    /// <summary>What its next run is given by whoever starts it.</summary>
    public ServiceSetting Service { get; set; } = new();

    /// <summary>Its process.</summary>
    public AgentProcess Process => _process ?? throw new InvalidOperationException("The manager is not running.");

    private static string Program => Path.Combine(AppContext.BaseDirectory, "reference-manager");

    private string LogFile => Path.Combine(_root.FullName, "manager.log");

    /// <summary>Starts one.</summary>
    public static Task<FleetLeader> StartAsync(params string[] options) =>
        StartAsync(options.Length == 0 ? new FleetLeader() : new FleetLeader { Options = options });

    /// <summary>Starts one with variables in its environment.</summary>
    public static Task<FleetLeader> StartAsync(ServiceSetting service) => StartAsync(new FleetLeader { Service = service });

    /// <summary>Starts one by another program, which runs the command line that follows.</summary>
    public static Task<FleetLeader> StartByAsync(IReadOnlyList<string> before, params string[] options) =>
        StartAsync(new FleetLeader { Service = new ServiceSetting { Before = before }, Options = options });

    /// <summary>Starts it on the data that is there; returns when nodes can come.</summary>
    /// <param name="listen">Another address than its own.</param>
    public async Task StartAgainAsync(string? listen = null)
    {
        var ready = Path.Combine(_root.FullName, "ready");
        File.Delete(ready);
        _channel?.Dispose();
        _process?.Dispose();
        string[] where = Options.Contains("--listen") ? [] : ["--listen", listen ?? Address];
        _process = AgentProcess.Start(Program, ["serve", "--data", Data, .. where, "--fleet", "ft", "--ready-file", ready, .. Options], LogFile, Service);
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (!File.Exists(ready))
        {
            if (_process.Exited.IsCompleted)
            {
                throw new InvalidOperationException($"The manager ended with {await _process.Exited}:\n{await File.ReadAllTextAsync(LogFile)}");
            }

            await Task.Delay(20, limit.Token);
        }

        _channel = AgentClient.Dial(Path.Combine(Data, "admin.sock"));
        _admin = new AdminService.AdminServiceClient(_channel.Intercept(new DeadlineInterceptor()));
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>It is there, its kernel takes what is sent, and it does nothing.</summary>
    public void FreezeNow() => Process.Send(Freeze).ShouldBeTrue();

    /// <summary>It goes on where it was.</summary>
    public void ThawNow() => Process.Send(Thaw).ShouldBeTrue();

    /// <summary>Its command line, as a person has it.</summary>
    public Task<Command> CommandAsync(params string[] arguments) => Command.RunAsync(Program, [.. arguments, "--data", Data]);

    /// <summary>Makes a join token.</summary>
    public async Task<string> TokenAsync(TimeSpan? ttl = null) => (await Admin.CreateTokenAsync(new CreateTokenRequest
    {
        Ttl = ttl is null ? null : Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(ttl.Value),
    })).Text;

    /// <summary>A node as this manager knows it.</summary>
    public async Task<ManagedNode> NodeAsync(string id) => (await Admin.ListNodesAsync(new ListNodesRequest())).Nodes.Single(node => node.Id == id);

    /// <summary>Waits until a node is as wanted.</summary>
    public async Task<ManagedNode> UntilNodeAsync(string id, Func<ManagedNode, bool> isWanted, string wanted)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            var node = (await Admin.ListNodesAsync(new ListNodesRequest())).Nodes.FirstOrDefault(one => one.Id == id);
            if (node is not null && isWanted(node))
            {
                return node;
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"The node is not {wanted}: {node}\n{await File.ReadAllTextAsync(LogFile)}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Waits until this manager holds all events of a node up to one; gives them all.</summary>
    public async Task<IReadOnlyList<NodeAgent.V1.Event>> UntilEventsAsync(string id, long last)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var seen = new List<NodeAgent.V1.Event>();
        using var watch = Admin.WatchEvents(new WatchEventsRequest { Node = id, Follow = true }, cancellationToken: limit.Token);
        try
        {
            while ((seen.Count == 0 || seen[^1].Sequence < last) && await watch.ResponseStream.MoveNext(limit.Token))
            {
                seen.Add(watch.ResponseStream.Current.Event);
            }
        }
        catch (RpcException late) when (late.StatusCode is StatusCode.Cancelled)
        {
            throw new TimeoutException($"Event {last} has not come; the last one is {seen.LastOrDefault()}");
        }

        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        var complaints = new List<string>();
        if (_process is { Exited.IsCompleted: false })
        {
            // One that a failed test left frozen takes no other signal.
            _process.Send(Thaw);
            _process.Send(Terminate);
            try
            {
                await _process.Exited.WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException)
            {
                complaints.Add("The manager does not end when it is told to.");
                await _process.KillAsync();
            }
        }

        _process?.Dispose();
        AftermathAttribute.Note(_root.Name, File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile) : "", complaints);
        _root.Delete(recursive: true);
    }

    private static async Task<FleetLeader> StartAsync(FleetLeader leader)
    {
        try
        {
            await leader.StartAgainAsync();
            return leader;
        }
        catch
        {
            await leader.DisposeAsync();
            throw;
        }
    }
}
