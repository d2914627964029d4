using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Audit;
using NodeAgent.Hosting;
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
        _audit = new AuditTrail(() => throw new InvalidOperationException("Nothing is to be on record."), _time, NullLogger<AuditTrail>.Instance);
        _gate = new ConnectionGate(null!, null!, _audit, _time);
    }

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task Handshakes_of_one_address_come_so_many_a_second_and_those_of_others_beside_them()
    {
        for (var i = 0; i < ConnectionGate.HandshakesASecond; i++)
        {
            await Begin("192.0.2.7");
        }

        var late = Begin("192.0.2.7");
        late.IsCompleted.ShouldBeFalse();
        await Begin("192.0.2.8");
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
            await Begin("192.0.2.7");
        }

        using var left = new CancellationTokenSource();
        var late = Begin("192.0.2.7", left.Token);
        await left.CancelAsync();
        await late.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private Task Begin(string address, CancellationToken closed = default)
    {
        var connection = new DefaultConnectionContext { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 40_000), ConnectionClosed = closed };
        return _gate.BeginHandshakeAsync(connection, connected =>
        {
            _begun++;
            connected.Features.Get<Handshake>()!.Refused();
            return Task.CompletedTask;
        });
    }
}
