namespace NodeAgent.Rpc;

/// <summary>Which VM and which operation a call was about, as far as its answer tells; for the log.</summary>
internal readonly record struct CallSubject(string? VmId, string? VmName, string? OperationId)
{
    // As long as a VM's name may be; what is longer was no VM's.
    private const int LongestName = 128;

    /// <summary>Reads it.</summary>
    /// <param name="response">The answer; <c>null</c> when there was none.</param>
    /// <param name="vm">The VM in the request, by id or name; empty when the request names none.</param>
    public static CallSubject Of(object? response, string vm) => response switch
    {
        V1.Vm answer => new(answer.Id, answer.Name, null),
        LongRunning.Operation operation when operation.Metadata is { } metadata && metadata.TryUnpack(out V1.OperationMetadata about) =>
            new(about.VmId, about.VmName, about.Id),
        _ => vm.Length is 0 or > LongestName ? default
            : Guid.TryParse(vm, out _) ? new(vm, null, null)
            : new(null, vm, null),
    };
}
