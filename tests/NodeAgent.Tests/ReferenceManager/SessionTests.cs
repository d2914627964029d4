using Grpc.Core;
using Microsoft.Data.Sqlite;
using NodeAgent.Manager.V1;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;
using ReferenceManager.Storage;
using AskVms = ReferenceManager.Admin.V1.ListVmsRequest;
using WatchAll = ReferenceManager.Admin.V1.WatchEventsRequest;

namespace NodeAgent.Tests.ReferenceManager;

public sealed class SessionTests : IAsyncLifetime
{
    private TestFleet _manager = null!;
    private TestNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await TestFleet.StartAsync();
        _node = await _manager.JoinAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _manager.DisposeAsync();
    }

    [Fact]
    public async Task A_lease_is_acknowledged_and_shows()
    {
        var (session, welcome) = await OpenAsync();
        welcome.LeaseInterval.ToTimeSpan().ShouldBe(TestFleet.LeaseInterval);
        for (var i = 1; i <= 3; i++)
        {
            await session.SendLeaseAsync();
            (await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease)).Lease.Sequence.ShouldBe(i);
        }

        (await _manager.FindAsync(_node)).State.ShouldBe("connected");
    }

    [Fact]
    public async Task A_node_without_leases_for_three_intervals_is_lost_and_its_session_over()
    {
        var (session, _) = await OpenAsync();
        await session.SendLeaseAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
        await session.SendInventoryAsync(Whole(1));
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory);

        _manager.Time.Advance(3 * TestFleet.LeaseInterval);
        (await _manager.FindAsync(_node)).State.ShouldBe("connected");
        _manager.Time.Advance(TimeSpan.FromMilliseconds(1));

        (await session.EndAsync()).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        (await _manager.FindAsync(_node)).State.ShouldBe("lost");
    }

    [Fact]
    public async Task Leases_do_not_wait_for_a_disk_that_is_stuck()
    {
        var (session, _) = await OpenAsync();
        await using (var other = new SqliteConnection($"Data Source={Path.Combine(_manager.Directory, "manager.db")};Pooling=false"))
        {
            other.Open();
            other.Run("BEGIN IMMEDIATE");
            await session.SendInventoryAsync(Whole(1, Vm("a")));
            await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory);
            await session.SendEventsAsync(1);
            for (var i = 0; i < 3; i++)
            {
                await session.SendLeaseAsync();
                await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
            }

            other.Run("ROLLBACK");
        }

        (await session.NextAsync(OpenSessionResponse.ItemOneofCase.Events)).Events.Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task A_newer_session_ends_the_older_one()
    {
        var (older, _) = await OpenAsync();
        var (newer, _) = await OpenAsync();

        (await older.EndAsync()).StatusCode.ShouldBe(StatusCode.Aborted);
        await newer.SendLeaseAsync();
        await newer.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
        (await _manager.FindAsync(_node)).Sessions.ShouldBe(2);
    }

    [Fact]
    public async Task A_node_speaks_for_itself_only()
    {
        using var other = new TestNode(_manager);
        var (session, _) = await OpenAsync();
        await session.SendAsync(new OpenSessionRequest { Lease = new Lease { NodeId = other.Id, Sequence = 1 } });
        (await session.EndAsync()).StatusCode.ShouldBe(StatusCode.PermissionDenied);

        using var certificate = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.CopyWithPrivateKey(_node.Certificate!, _node.Key);
        using var impostor = await other.OpenSessionAsync(other: certificate);
        (await impostor.EndAsync()).StatusCode.ShouldBe(StatusCode.PermissionDenied);
    }

    [Fact]
    public async Task Events_are_stored_once_over_a_reconnect()
    {
        var (first, welcome) = await OpenAsync();
        welcome.AcknowledgedEvent.ShouldBe(0);
        await first.SendEventsAsync(1, 2, 3);
        (await first.NextAsync(OpenSessionResponse.ItemOneofCase.Events)).Events.Sequence.ShouldBe(3);
        await first.CloseAsync();

        // The acknowledgement was lost on the way: the node sends again what it does not know to be held.
        var (second, again) = await OpenAsync();
        again.AcknowledgedEvent.ShouldBe(3);
        await second.SendEventsAsync(2, 3, 4, 5);
        (await second.NextAsync(OpenSessionResponse.ItemOneofCase.Events)).Events.Sequence.ShouldBe(5);

        (await EventsAsync()).ShouldBe([1, 2, 3, 4, 5]);
        (await _manager.Admin.GetStatusAsync(new GetStatusRequest())).Counters.ShouldSatisfyAllConditions(
            counters => counters.Events.ShouldBe(5), counters => counters.RepeatedEvents.ShouldBe(2));
    }

    [Fact]
    public async Task Events_outlive_the_manager()
    {
        var (session, _) = await OpenAsync();
        await session.SendEventsAsync(1, 2);
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Events);

        _manager = await _manager.RestartAsync();

        (await EventsAsync()).ShouldBe([1, 2]);
        using var node = new TestNode(_manager) { Id = _node.Id, Key = _node.Key };
        node.Accept(new Issued { CertificateChain = { Google.Protobuf.ByteString.CopyFrom(_node.Certificate!.RawData) }, Trust = _node.Trust });
        using var next = await node.OpenSessionAsync();
        (await next.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome)).Welcome.AcknowledgedEvent.ShouldBe(2);
    }

    [Fact]
    public async Task A_gap_ends_the_session_unless_it_is_told()
    {
        var (session, _) = await OpenAsync();
        await session.SendEventsAsync(1, 2);
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Events);
        await session.SendEventsAsync(4);
        (await session.EndAsync()).StatusCode.ShouldBe(StatusCode.FailedPrecondition);

        var (next, _) = await OpenAsync();
        await next.SendAsync(new OpenSessionRequest
        {
            Events = new EventBatch { LostUntil = 9, Events = { new Event { Sequence = 10, Time = new() } } },
        });
        (await next.NextAsync(OpenSessionResponse.ItemOneofCase.Events)).Events.Sequence.ShouldBe(10);
        (await _manager.FindAsync(_node)).EventsLost.ShouldBe(7);
        (await EventsAsync()).ShouldBe([1, 2, 10]);
    }

    [Fact]
    public async Task Another_event_log_begins_anew()
    {
        var (session, _) = await OpenAsync();
        await session.SendEventsAsync(1);
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Events);
        using var next = await _node.OpenSessionAsync("another");
        (await next.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome)).Welcome.AcknowledgedEvent.ShouldBe(0);
        await next.SendEventsAsync(1);
        await next.NextAsync(OpenSessionResponse.ItemOneofCase.Events);
        (await EventsAsync()).ShouldBe([1, 1]);
    }

    [Fact]
    public async Task An_inventory_is_whole_and_then_what_changed()
    {
        var (session, _) = await OpenAsync();
        await session.SendInventoryAsync(new Inventory { Generation = 1, Whole = true, More = true, Vms = { Vm("a"), Vm("b") } });
        await session.SendInventoryAsync(new Inventory { Generation = 1, Whole = true, Vms = { Vm("c") } });
        (await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory)).Inventory.Generation.ShouldBe(1);
        (await VmsAsync()).ShouldBe(["a:Stopped", "b:Stopped", "c:Stopped"]);

        await session.SendInventoryAsync(new Inventory { Generation = 2, Vms = { Vm("b", VmState.Running) }, DeletedVmIds = { "id-a" } });
        (await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory)).Inventory.Generation.ShouldBe(2);
        (await VmsAsync()).ShouldBe(["b:Running", "c:Stopped"]);
        (await _manager.FindAsync(_node)).VmsRunning.ShouldBe(1);

        // What the next session does not tell is gone.
        var (next, _) = await OpenAsync();
        await next.SendInventoryAsync(Whole(1, Vm("c")));
        await next.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory);
        (await VmsAsync()).ShouldBe(["c:Stopped"]);
    }

    [Fact]
    public async Task The_inventory_is_known_after_a_restart()
    {
        var (session, _) = await OpenAsync();
        await session.SendInventoryAsync(Whole(1, Vm("a"), Vm("b")));
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory);
        await session.SendInventoryAsync(new Inventory { Generation = 2, DeletedVmIds = { "id-a" } });
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Inventory);
        // What comes in order is written in order: this acknowledgement is on the disk after the inventory.
        await session.SendEventsAsync(1);
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Events);

        _manager = await _manager.RestartAsync();

        (await VmsAsync()).ShouldBe(["b:Stopped"]);
        (await _manager.FindAsync(_node)).State.ShouldBe("lost");
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public async Task An_inventory_out_of_step_ends_the_session(long generation, bool whole)
    {
        var (session, _) = await OpenAsync();
        await session.SendInventoryAsync(new Inventory { Generation = generation, Whole = whole });
        (await session.EndAsync()).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
    }

    [Fact]
    public async Task A_session_begins_with_hello()
    {
        using var session = _node.Sessions().OpenSession();
        await session.RequestStream.WriteAsync(new OpenSessionRequest { Lease = new Lease { NodeId = _node.Id, Sequence = 1 } });
        (await Should.ThrowAsync<RpcException>(session.ResponseStream.MoveNext())).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Who_follows_sees_events_as_they_come()
    {
        using var events = _manager.Admin.WatchEvents(new WatchAll { Node = _node.Hostname, Follow = true });
        var (session, _) = await OpenAsync();
        foreach (var sequence in new long[] { 1, 2 })
        {
            await session.SendEventsAsync(sequence);
            (await events.ResponseStream.MoveNext(TestContext.Current.CancellationToken)).ShouldBeTrue();
            events.ResponseStream.Current.Event.Sequence.ShouldBe(sequence);
        }
    }

    private static Inventory Whole(long generation, params Vm[] vms) => new() { Generation = generation, Whole = true, Node = new Node { Id = "n" }, Vms = { vms } };

    private static Vm Vm(string name, VmState state = VmState.Stopped) => new() { Id = $"id-{name}", Name = name, Status = new VmStatus { State = state } };

    private async Task<(TestSession Session, Welcome Welcome)> OpenAsync()
    {
        var session = await _node.OpenSessionAsync();
        return (session, (await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome)).Welcome);
    }

    private async Task<IEnumerable<string>> VmsAsync() =>
        (await _manager.Admin.ListVmsAsync(new AskVms())).Vms.Select(item => $"{item.Vm.Name}:{item.Vm.Status.State}");

    private async Task<List<long>> EventsAsync()
    {
        using var call = _manager.Admin.WatchEvents(new WatchAll());
        return await call.ResponseStream.ReadAllAsync().Select(item => item.Event.Sequence).ToListAsync();
    }
}
