namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Something that happened, before it has a number.</summary>
/// <param name="Time">When it happened, or was found out.</param>
/// <param name="Kind">What happened: a word of a closed vocabulary, with dots from the general to the special.</param>
/// <param name="VmId">The VM that it happened to; null for the node.</param>
/// <param name="Payload">Further facts as JSON, serialised by the caller; opaque here.</param>
public sealed record EventDraft(DateTimeOffset Time, string Kind, Guid? VmId, string Payload)
{
    /// <summary>Whether it happened while the agent was away and was found by asking.</summary>
    public bool Recovered { get; init; }

    /// <summary>The operation that it belongs to.</summary>
    public Guid? OperationId { get; init; }

    /// <summary>The caller's request id that led to it.</summary>
    public string? RequestId { get; init; }

    /// <summary>Who caused it.</summary>
    public string? Caller { get; init; }
}
