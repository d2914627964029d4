using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Health.V1;
using Grpc.Net.Client;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>The typed clients over one connection, and the verbs in the form that most tests want: ask, wait, look.</summary>
internal sealed class AgentClient : IDisposable
{
    /// <summary>No test waits longer for anything that ought to happen. Generous: the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly GrpcChannel _channel;

    public AgentClient(string socket)
    {
        _channel = Dial(socket);
        Invoker = _channel.Intercept(new DeadlineInterceptor());
        Vms = new VmService.VmServiceClient(Invoker);
        Nodes = new NodeService.NodeServiceClient(Invoker);
        Events = new EventService.EventServiceClient(Invoker);
        Audit = new AuditService.AuditServiceClient(Invoker);
        Operations = new Operations.OperationsClient(Invoker);
        Health = new Health.HealthClient(Invoker);
        Fleet = new FleetService.FleetServiceClient(Invoker);
    }

    public VmService.VmServiceClient Vms { get; }

    public NodeService.NodeServiceClient Nodes { get; }

    public EventService.EventServiceClient Events { get; }

    public AuditService.AuditServiceClient Audit { get; }

    public Operations.OperationsClient Operations { get; }

    public Health.HealthClient Health { get; }

    public FleetService.FleetServiceClient Fleet { get; }

    public CallInvoker Invoker { get; }

    public async Task<Vm> CreateAsync(Vm vm) => await Vms.CreateVmAsync(new CreateVmRequest { Vm = vm, RequestId = NewId() });

    public async Task<Vm> GetAsync(string vm) => await Vms.GetVmAsync(new GetVmRequest { Vm = vm });

    public async Task<IReadOnlyList<Vm>> ListAsync(string filter = "")
    {
        var vms = new List<Vm>();
        var request = new ListVmsRequest { PageSize = 1000, Filter = filter };
        do
        {
            var page = await Vms.ListVmsAsync(request);
            vms.AddRange(page.Vms);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return vms;
    }

    public async Task<Vm> StartAsync(string vm, bool paused = false)
    {
        await WaitAsync(await Vms.StartVmAsync(new StartVmRequest { Vm = vm, Paused = paused, RequestId = NewId() }));
        return await GetAsync(vm);
    }

    public async Task<Vm> CreateAndStartAsync(Vm vm, bool paused = false)
    {
        var created = await CreateAsync(vm);
        return await StartAsync(created.Id, paused);
    }

    public async Task<Vm> ForceStopAsync(string vm)
    {
        await WaitAsync(await Vms.StopVmAsync(new StopVmRequest { Vm = vm, Force = true, RequestId = NewId() }));
        return await GetAsync(vm);
    }

    public async Task<Vm> ShutdownAsync(string vm, TimeSpan? timeout = null)
    {
        var request = new ShutdownVmRequest { Vm = vm, RequestId = NewId(), Timeout = timeout?.ToDuration() };
        await WaitAsync(await Vms.ShutdownVmAsync(request));
        return await GetAsync(vm);
    }

    public async Task DeleteAsync(string vm) => await Vms.DeleteVmAsync(new DeleteVmRequest { Vm = vm, RequestId = NewId() });

    /// <summary>Waits for an operation's end and demands success.</summary>
    public async Task<Operation> WaitAsync(Operation operation)
    {
        var ended = await WaitForEndAsync(operation);
        return ended.Error is { } error
            ? throw new OperationFailedException(ended, error)
            : ended;
    }

    /// <summary>Waits for an operation's end, whatever it is.</summary>
    public async Task<Operation> WaitForEndAsync(Operation operation)
    {
        var ended = await Operations.WaitOperationAsync(new WaitOperationRequest { Name = operation.Name, Timeout = Patience.ToDuration() });
        return ended.Done ? ended : throw new TimeoutException($"{operation.Name} has not ended: {ended}");
    }

    /// <summary>Follows a VM until it is as wanted; every published state is looked at.</summary>
    public async Task<Vm> UntilAsync(string vm, Func<Vm, bool> isWanted, string wanted)
    {
        using var limit = new CancellationTokenSource(Patience);
        Vm? last = null;
        try
        {
            using var watch = Vms.WatchVms(new WatchVmsRequest(), cancellationToken: limit.Token);
            await foreach (var change in watch.ResponseStream.ReadAllAsync(limit.Token))
            {
                if (change.Vm is { } now && (now.Id == vm || now.Name == vm))
                {
                    last = now;
                    if (isWanted(now))
                    {
                        return now;
                    }
                }
            }
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Cancelled && limit.IsCancellationRequested)
        {
            // Told below.
        }

        throw new TimeoutException($"{vm} is not {wanted}: {last?.Status}");
    }

    public Task<Vm> UntilAsync(string vm, VmState state) => UntilAsync(vm, now => now.Status.State == state, state.ToString());

    /// <summary>Waits until the guest has printed something, from the beginning of the kept history on.</summary>
    public async Task<string> UntilPrintedAsync(string vm, string text)
    {
        await using var console = await ConsoleClient.AttachAsync(this, vm, history: true, readOnly: true);
        return await console.UntilAsync(text);
    }

    /// <summary>The console's kept history.</summary>
    public async Task<string> ReadConsoleLogAsync(string vm)
    {
        using var log = Vms.ReadConsoleLog(new ReadConsoleLogRequest { Vm = vm });
        var text = new System.Text.StringBuilder();
        await foreach (var part in log.ResponseStream.ReadAllAsync())
        {
            text.Append(part.Data.ToString(System.Text.Encoding.Latin1));
        }

        return text.ToString();
    }

    public async Task<IReadOnlyList<Event>> ListEventsAsync(string vm = "", string kindPrefix = "")
    {
        var events = new List<Event>();
        var request = new ListEventsRequest { PageSize = 1000, Vm = vm, KindPrefix = kindPrefix };
        do
        {
            var page = await Events.ListEventsAsync(request);
            events.AddRange(page.Events);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return events;
    }

    /// <summary>Waits until an event of that kind is on record for a VM, from the beginning of the log on.</summary>
    public async Task<Event> UntilEventAsync(string vm, string kind)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            using var watch = Events.WatchEvents(new WatchEventsRequest { Vm = vm, KindPrefix = kind, FromOldest = true }, cancellationToken: limit.Token);
            await foreach (var answer in watch.ResponseStream.ReadAllAsync(limit.Token))
            {
                if (answer.Event is { } found)
                {
                    return found;
                }
            }
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Cancelled && limit.IsCancellationRequested)
        {
            // Told below.
        }

        throw new TimeoutException($"{kind} of {vm} does not come.");
    }

    public void Dispose() => _channel.Dispose();

    /// <summary>A connection over a unix socket.</summary>
    internal static GrpcChannel Dial(string socket) => GrpcChannel.ForAddress("http://agent", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(socket, cancellationToken) },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = null,
    });

    internal static string NewId() => Guid.NewGuid().ToString();

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
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
    }
}
