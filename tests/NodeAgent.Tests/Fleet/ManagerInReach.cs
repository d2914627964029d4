using Google.Protobuf.WellKnownTypes;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Tests.ReferenceManager;
using ReferenceManager.Addresses;
using ReferenceManager.Admin.V1;
using ReferenceManager.Commands;
using ReferenceManager.Hosting;

namespace NodeAgent.Tests.Fleet;

/// <summary>The reference manager in this process, by the real clock: the agent's opposite in a test of both.</summary>
internal sealed class ManagerInReach : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly string _fleet;
    private readonly TimeSpan _nodeValidity;
    private ReferenceServer? _server;
    private AdminConnection? _connection;
    private HostPort _listen = new("127.0.0.1", 0);

    private ManagerInReach(string fleet, TimeSpan nodeValidity) => (_fleet, _nodeValidity) = (fleet, nodeValidity);

    public AdminService.AdminServiceClient Admin { get; private set; } = null!;

    public string Endpoint => _listen.ToString();

    public static async Task<ManagerInReach> StartAsync(string fleet = "Berlin", TimeSpan? nodeValidity = null)
    {
        var manager = new ManagerInReach(fleet, nodeValidity ?? TimeSpan.FromDays(9));
        await manager.StartAgainAsync();
        return manager;
    }

    /// <summary>Starts it on the data that it left, at the same address.</summary>
    public async Task StartAgainAsync()
    {
        var options = new ServerOptions(_directory.Path, _listen)
        {
            Fleet = _fleet,
            LeaseInterval = TimeSpan.FromSeconds(1),
            NodeValidity = _nodeValidity,
            OwnValidity = TimeSpan.FromDays(9000),
        };
        _server = await ReferenceServer.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        _connection = new AdminConnection(_server.Admin);
        Admin = new AdminService.AdminServiceClient(_connection.Invoker.Intercept(new UnaryDeadline()));
        _listen = HostPort.Parse(_server.Endpoints[0]);
    }

    public async Task StopAsync()
    {
        _connection?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    public async Task<string> TokenAsync(bool byHand = false) =>
        (await Admin.CreateTokenAsync(new CreateTokenRequest { Ttl = Duration.FromTimeSpan(TimeSpan.FromHours(1)), ByHand = byHand })).Text;

    public async Task RotateAsync(RotateAuthorityRequest.Types.Step step, bool force = false) =>
        await Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = step, Force = force });

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }
}
