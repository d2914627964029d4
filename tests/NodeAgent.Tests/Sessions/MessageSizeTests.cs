using NodeAgent.Manager.V1;
using NodeAgent.Sessions;

namespace NodeAgent.Tests.Sessions;

public sealed class MessageSizeTests
{
    [Fact]
    public void Lease_is_below_200_bytes_whatever_it_says()
    {
        var lease = new Lease
        {
            NodeId = Guid.AllBitsSet.ToString("D"),
            BootId = Guid.AllBitsSet.ToString("D"),
            AgentEpoch = long.MaxValue,
            Sequence = long.MaxValue,
            TrustVersion = long.MaxValue,
        };

        // Five bytes stand before each message of gRPC.
        (new OpenSessionRequest { Lease = lease }.CalculateSize() + 5).ShouldBeLessThan(200);
        Lease.Descriptor.Fields.InFieldNumberOrder().Count.ShouldBe(5, "a new field belongs into this test");
    }

    [Fact]
    public void Large_events_go_in_several_messages_and_none_is_lost()
    {
        var events = Enumerable.Range(1, 200).Select(number => new V1.Event { Sequence = number, Message = new string('x', 100_000) }).ToArray();

        var batches = SessionEvents.Batches(events).ToArray();

        batches.SelectMany(batch => batch.Events).ShouldBe(events);
        batches.Length.ShouldBeGreaterThan(10);
        batches.Max(batch => new OpenSessionRequest { Events = batch }.CalculateSize()).ShouldBeLessThan(2 * 1024 * 1024);
    }

    [Fact]
    public void Small_events_go_together() =>
        SessionEvents.Batches(Enumerable.Range(1, 200).Select(number => new V1.Event { Sequence = number })).ShouldHaveSingleItem().Events.Count.ShouldBe(200);

    [Fact]
    public void Event_that_is_large_by_itself_goes_alone() => SessionEvents.Batches([new V1.Event { Message = new string('x', 2_000_000) }, new V1.Event()]).Count().ShouldBe(2);
}
