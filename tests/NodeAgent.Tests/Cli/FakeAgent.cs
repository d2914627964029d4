using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Tests.Cli;

/// <summary>An agent that keeps VMs in memory and answers on a socket of its own, to run the program's verbs against.</summary>
internal sealed class FakeAgent : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private WebApplication? _server;

    private FakeAgent()
    {
        Operations = new FakeOperations();
        Vms = new FakeVms(Operations);
    }

    public string Socket => Path.Combine(_directory.Path, "api.sock");

    public string Folder => _directory.Path;

    public FakeVms Vms { get; }

    public FakeOperations Operations { get; }

    public FakeEvents Events { get; } = new();

    public FakeNode Node { get; } = new();

    public FakeFleet Fleet { get; } = new();

    public FakeAudit Audit { get; } = new();

    public static async Task<FakeAgent> StartAsync()
    {
        var agent = new FakeAgent();
        await agent.BeginAsync();
        return agent;
    }

    public async Task BeginAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Folder });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(Socket, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(Vms).AddSingleton(Operations).AddSingleton(Events).AddSingleton(Node).AddSingleton(Fleet).AddSingleton(Audit);
        _server = builder.Build();
        _server.MapGrpcService<FakeVms>();
        _server.MapGrpcService<FakeOperations>();
        _server.MapGrpcService<FakeEvents>();
        _server.MapGrpcService<FakeNode>();
        _server.MapGrpcService<FakeFleet>();
        _server.MapGrpcService<FakeAudit>();
        await _server.StartAsync();
    }

    public async Task EndAsync()
    {
        await using var server = _server!;
        await server.StopAsync(new CancellationToken(canceled: true));
        File.Delete(Socket);
    }

    public Task<CliResult> RunAsync(params string[] arguments) => RunAsync(new CliInput(), arguments);

    public Task<CliResult> RunAsync(CliInput input, params string[] arguments) => CliResult.RunAsync(input, ["--host", "unix:" + Socket, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(new CancellationToken(canceled: true));
            await _server.DisposeAsync();
        }

        _directory.Dispose();
    }
}
