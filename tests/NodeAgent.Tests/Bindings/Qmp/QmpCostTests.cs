using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>The whole process's memory is measured: nothing may run beside.</summary>
[CollectionDefinition(nameof(QmpCostTests), DisableParallelization = true)]
public sealed class QmpCostTestsAlone;

/// <summary>What connections cost; the bounds are wide, because the figures are a benchmark's business.</summary>
[Collection(nameof(QmpCostTests))]
public sealed class QmpCostTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Idle_connections_hold_no_buffers()
    {
        const int Count = 300;
        await using QmpPeer warmUp = (await QmpPeer.OpenAsync()).Peer;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var connections = new List<(QmpConnection Connection, QmpPeer Peer)>();
        for (int i = 0; i < Count; i++)
        {
            connections.Add(await QmpPeer.OpenAsync());
        }

        // After replies of 100 KB each, which needed buffers of that size for a while.
        foreach ((QmpConnection connection, QmpPeer peer) in connections)
        {
            Task<NameInfo> asking = connection.ExecuteAsync(QmpCommands.QueryName, QmpPeer.Long, Ct);
            await peer.ReplyAsync($$"""{"name": "{{new string('n', 100_000)}}"}""");
            (await asking).Name!.Length.ShouldBe(100_000);

            // The test's own socket holds on to what it sent last.
            await peer.SendAsync("""{"event": "E"}""");
        }

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        foreach ((QmpConnection connection, QmpPeer peer) in connections)
        {
            await connection.DisposeAsync();
            await peer.DisposeAsync();
        }

        // Both ends, the test's own with a reader of several kilobytes, and the few buffers that each thread keeps.
        each.ShouldBeLessThan(64 * 1024);
    }

    [Fact]
    public async Task Commands_given_up_before_they_were_sent_take_no_place()
    {
        (QmpConnection connection, QmpPeer peer) = await QmpPeer.OpenAsync();
        await using QmpPeer _ = peer;
        await using QmpConnection __ = connection;
        Task[] stuck =
        [
            .. Enumerable.Range(0, 7).Select(_ => connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct)),
        ];
        for (int i = 0; i < 2_000; i++)
        {
            using var one = new CancellationTokenSource();
            Task waiting = connection.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, one.Token);
            await one.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        }

        for (int i = 0; i < stuck.Length; i++)
        {
            await peer.ReplyAsync();
        }

        await Task.WhenAll(stuck);
        peer.Socket.Available.ShouldBe(0);
    }
}
