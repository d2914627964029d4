using Google.Protobuf.WellKnownTypes;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Manager.V1;
using ReferenceManager.Addresses;
using ReferenceManager.Admin.V1;
using ReferenceManager.Commands;
using ReferenceManager.Hosting;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>A manager in this process: a real port, a clock that the test turns.</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    public static readonly TimeSpan LeaseInterval = TimeSpan.FromSeconds(5);
    private readonly TemporaryDirectory _directory;
    private readonly ReferenceServer _server;
    private readonly AdminConnection _admin;

    private TestFleet(TemporaryDirectory directory, ReferenceServer server, FakeTimeProvider time)
    {
        (_directory, _server, Time) = (directory, server, time);
        _admin = new AdminConnection(server.Admin);
        Admin = new AdminService.AdminServiceClient(_admin.Invoker.Intercept(new UnaryDeadline()));
    }

    public FakeTimeProvider Time { get; }

    public string Directory => _directory.Path;

    public string Endpoint => _server.Endpoints[0];

    public AdminService.AdminServiceClient Admin { get; }

    public static Task<TestFleet> StartAsync() =>
        StartAsync(new TemporaryDirectory(inMemory: true), new FakeTimeProvider(TimeProvider.System.GetUtcNow()));

    /// <summary>Ends this one and starts another on the same data.</summary>
    public async Task<TestFleet> RestartAsync()
    {
        await StopAsync();
        return await StartAsync(_directory, Time);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }

    public async Task<string> CreateTokenAsync(TimeSpan? ttl = null) =>
        (await Admin.CreateTokenAsync(new CreateTokenRequest { Ttl = Duration.FromTimeSpan(ttl ?? TimeSpan.FromHours(1)) })).Text;

    /// <summary>A node that has joined with a token.</summary>
    public async Task<TestNode> JoinAsync(string hostname = "host")
    {
        var node = new TestNode(this, hostname);
        node.Accept((await node.EnrolAsync(await CreateTokenAsync())).Issued);
        return node;
    }

    public async Task<ManagedNode> FindAsync(TestNode node) =>
        (await Admin.ListNodesAsync(new ListNodesRequest())).Nodes.Single(known => known.Id == node.Id);

    public async Task<RotationStatus> RotateAsync(RotateAuthorityRequest.Types.Step step) =>
        await Admin.RotateAuthorityAsync(new RotateAuthorityRequest { Step = step });

    private static async Task<TestFleet> StartAsync(TemporaryDirectory directory, FakeTimeProvider time)
    {
        var options = new ServerOptions(directory.Path, new HostPort("127.0.0.1", 0))
        {
            Fleet = "Berlin",
            LeaseInterval = LeaseInterval,
            NodeValidity = TimeSpan.FromDays(9),
            OwnValidity = TimeSpan.FromDays(9000),
        };
        return new TestFleet(directory, await ReferenceServer.StartAsync(options, time, NullLoggerFactory.Instance), time);
    }

    private async Task StopAsync()
    {
        _admin.Dispose();
        await _server.DisposeAsync();
    }
}
