using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>Which events a caller wants.</summary>
internal sealed record EventQuery(Guid? VmId, string KindPrefix, V1.EventSeverity MinimumSeverity)
{
    /// <summary>The part that the ledger itself looks at.</summary>
    public EventFilter Filter => new() { VmId = VmId };

    /// <summary>The rest. What can't be read could have been wanted, so it is shown.</summary>
    public bool Wants(LedgerEvent item) =>
        item.Fact.Kind is LedgerEvent.UnreadableKind or LedgerEvent.LostKind
        || (Filter.Matches(item.Fact)
            && item.Fact.Kind.StartsWith(KindPrefix, StringComparison.Ordinal)
            && EventWriter.Write(EventPayload.Parse(item.Fact.Payload).Severity) >= MinimumSeverity);

    /// <summary>Stands for the query in page tokens.</summary>
    public override string ToString() => $"{VmId}/{KindPrefix}/{MinimumSeverity}";
}
