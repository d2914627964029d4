using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>Which operations a list is to show. What is left out wants all.</summary>
public sealed record OperationFilter
{
    /// <summary>Only operations on this VM.</summary>
    public Guid? VmId { get; init; }

    /// <summary>Only operations in this state.</summary>
    public OperationState? State { get; init; }

    /// <summary>Only operations of this verb.</summary>
    public string? Verb { get; init; }

    /// <summary>Whether the operation is wanted.</summary>
    public bool Matches(Operation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return (VmId is null || VmId == operation.VmId)
            && (State is null || State == operation.State)
            && (Verb is null || Verb == operation.Verb);
    }
}
