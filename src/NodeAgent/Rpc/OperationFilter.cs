using NodeAgent.Hypervisor.Jobs;

namespace NodeAgent.Rpc;

/// <summary>Filters of operations: done, verb, state, vm (id or name), caller, request_id.</summary>
internal static class OperationFilter
{
    private static readonly string[] States = ["running", "succeeded", "failed", "cancelled"];

    public static Filter Parse(string text) => Filter.Parse(text, (field, value) => field switch
    {
        "vm" or "verb" or "caller" or "request_id" => null,
        "done" => value is "true" or "false" ? null : "done is true or false.",
        "state" => States.Contains(value, StringComparer.Ordinal) ? null : $"There is no state '{value}'; the states are {string.Join(", ", States)}.",
        _ => $"There is no field '{field}'; the fields are done, state, vm, verb, caller and request_id.",
    });

    public static bool Matches(Filter filter, Operation operation, LongRunning.Operation written)
    {
        var metadata = written.Metadata.Unpack<V1.OperationMetadata>();
        return Matches(metadata.VmId) || (metadata.VmName.Length > 0 && Matches(metadata.VmName));

        bool Matches(string vm) => filter.Matches(field => field switch
        {
            "done" => operation.IsDone ? "true" : "false",
            "state" => operation.State.ToString().ToLowerInvariant(),
            "vm" => vm,
            "verb" => operation.Verb,
            "caller" => operation.Caller,
            _ => operation.RequestId ?? "",
        });
    }
}
