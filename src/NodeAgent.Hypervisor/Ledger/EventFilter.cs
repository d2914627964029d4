using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Which events a reader wants. What is left out wants all.</summary>
public sealed record EventFilter
{
    /// <summary>Wants every event.</summary>
    public static EventFilter All { get; } = new();

    /// <summary>Only events of this VM.</summary>
    public Guid? VmId { get; init; }

    /// <summary>Only events of this operation.</summary>
    public Guid? OperationId { get; init; }

    /// <summary>Only these kinds; a word that ends in a dot stands for all kinds that begin with it. Empty for all.</summary>
    public ImmutableArray<string> Kinds { get; init; } = [];

    /// <summary>Whether the event is wanted.</summary>
    public bool Matches(EventDraft fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        // What can't be read could have been wanted: it is shown to everybody.
        return fact.Kind is LedgerEvent.UnreadableKind or LedgerEvent.LostKind
            || ((VmId is null || VmId == fact.VmId)
                && (OperationId is null || OperationId == fact.OperationId)
                && (Kinds.IsDefaultOrEmpty || Kinds.Any(kind => IsKind(fact.Kind, kind))));
    }

    private static bool IsKind(string kind, string wanted) =>
        wanted.EndsWith('.') ? kind.StartsWith(wanted, StringComparison.Ordinal) : kind == wanted;
}
