using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>A piece of work that outlives the call that asked for it, as it is at one moment.</summary>
public sealed record Operation
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Counts operations of this node in the order in which they began.</summary>
    public required long Number { get; init; }

    /// <summary>What is done, by the method's name in the contract.</summary>
    public required string Verb { get; init; }

    /// <summary>The VM that it is done to.</summary>
    public required Guid? VmId { get; init; }

    /// <summary>Where it is.</summary>
    public OperationState State { get; init; } = OperationState.Running;

    /// <summary>What is being done right now, in one word.</summary>
    public string Phase { get; init; } = "";

    /// <summary>0 to 100; moves only forward.</summary>
    public int Progress { get; init; }

    /// <summary>Whether somebody asked for it to end.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>Why it failed or was cancelled.</summary>
    public OperationFault? Fault { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it changed last.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>The caller's request id.</summary>
    public string? RequestId { get; init; }

    /// <summary>Who asked.</summary>
    public required string Caller { get; init; }

    /// <summary>The agent that began it, counted by its starts on this state directory.</summary>
    public required long Epoch { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool IsDone => State is not OperationState.Running;

    internal static Operation From(OperationRow row) => new()
    {
        Id = row.Id,
        Number = row.Number,
        Verb = row.Verb,
        VmId = row.VmId,
        State = row.State,
        Phase = row.Phase,
        Progress = row.Progress,
        CancelRequested = row.CancelRequested,
        Fault = row.Fault,
        Created = row.Created,
        Updated = row.Updated,
        Ended = row.Ended,
        RequestId = row.RequestId,
        Caller = row.Caller ?? "",
        Epoch = row.Epoch,
    };

    internal OperationRow ToRow() => new(
        Number, Id, VmId, Verb, State, Phase, Progress, CancelRequested, Fault, null, Created, Updated, Ended, RequestId, Caller, Epoch);
}
