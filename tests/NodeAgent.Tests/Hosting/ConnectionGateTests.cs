using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Audit;
using NodeAgent.Hosting;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Metrics;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Hosting;

public sealed class ConnectionGateTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly AuditTrail _audit;
    private readonly ConnectionGate _gate;
    private int _begun;

    public ConnectionGateTests()
    {
        _audit = new AuditTrail(static () => throw new LedgerException(LedgerReason.Closed, "none"), _time, NullLogger<AuditTrail>.Instance);
        _gate = new ConnectionGate(null!, null!, _audit, _time);
    }

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task Handshakes_of_one_address_come_so_many_a_second_and_those_of_others_beside_them()
    {
        for (var i = 0; i < ConnectionGate.HandshakesASecond; i++)
        {
            await Begin(From("192.0.2.7"));
        }

        var late = Begin(From("192.0.2.7"));
        late.IsCompleted.ShouldBeFalse();
        await Begin(From("192.0.2.8"));
        _begun.ShouldBe(ConnectionGate.HandshakesASecond + 1);

        _time.Advance(TimeSpan.FromSeconds(1.0 / ConnectionGate.HandshakesASecond));
        await late.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _begun.ShouldBe(ConnectionGate.HandshakesASecond + 2);
    }

    [Fact]
    public async Task Who_leaves_while_it_waits_gives_its_place_back()
    {
        for (var i = 0; i < ConnectionGate.HandshakesASecond; i++)
        {
            await Begin(From("192.0.2.7"));
        }

        using var left = new CancellationTokenSource();
        var connection = From("192.0.2.7");
        connection.ConnectionClosed = left.Token;
        var late = Begin(connection);
        await left.CancelAsync();
        await late.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Connections_for_metrics_are_so_many_from_one_address_and_so_many_in_all()
    {
        var leave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = Enumerable.Range(0, ConnectionGate.MostForMetricsFromOne + 1).Select(_ => Scrape("192.0.2.1", leave.Task)).ToList();
        _begun.ShouldBe(ConnectionGate.MostForMetricsFromOne);
        open[^1].IsCompleted.ShouldBeTrue("it was cut off at once");

        for (var other = 2; other < 10; other++)
        {
            open.AddRange(Enumerable.Range(0, ConnectionGate.MostForMetricsFromOne).Select(_ => Scrape($"192.0.2.{other}", leave.Task)));
        }

        _begun.ShouldBe(ConnectionGate.MostForMetrics);
        leave.SetResult();
        await Task.WhenAll(open).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Scrape("192.0.2.9", leave.Task);
        _begun.ShouldBe(ConnectionGate.MostForMetrics + 1, "places come back");
    }

    private static DefaultConnectionContext From(string address) => new() { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 40_000) };

    private Task Scrape(string address, Task leave) => _gate.ServeMetricsAsync(From(address), connected =>
    {
        _begun++;
        connected.Features.Get<MetricsListener>().ShouldNotBeNull();
        return leave;
    });

    private Task Begin(ConnectionContext connection) => _gate.BeginHandshakeAsync(connection, connected =>
    {
        _begun++;
        connected.Features.Get<Handshake>()!.Refused();
        return Task.CompletedTask;
    });
}
