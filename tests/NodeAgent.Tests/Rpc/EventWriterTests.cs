using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

/// <summary>Whatever the log holds can be told: one event that cannot would hide all others.</summary>
public sealed class EventWriterTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"lost":3}""")]
    [InlineData("""{"message":null}""")]
    [InlineData("""{"message":"x","details":{"a":null}}""")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("not JSON")]
    [InlineData("")]
    public void A_payload_of_unknown_form_is_still_an_event(string payload) =>
        EventWriter.Write(EventOf(payload), Guid.NewGuid()).Message.ShouldBe(payload);

    private static LedgerEvent EventOf(string payload) =>
        new(1, new EventDraft(DateTimeOffset.UnixEpoch, "some.kind", null, payload));
}
