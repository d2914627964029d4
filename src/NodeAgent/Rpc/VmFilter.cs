using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>Filters of VMs: id, name, state, labels.KEY.</summary>
internal static class VmFilter
{
    private const string Labels = "labels.";

    private static readonly string[] States = ["stopped", "starting", "running", "paused", "stopping", "unknown", "quarantined"];

    public static Filter Parse(string text) => Filter.Parse(text, (field, value) => field switch
    {
        "id" or "name" => null,
        "state" => States.Contains(value, StringComparer.Ordinal) ? null : $"There is no state '{value}'; the states are {string.Join(", ", States)}.",
        _ when field.StartsWith(Labels, StringComparison.Ordinal) && field.Length > Labels.Length => null,
        _ => $"There is no field '{field}'; the fields are id, name, state and labels.KEY.",
    });

    public static bool Matches(this Filter filter, VmSnapshot vm) => filter.Matches(field => field switch
    {
        "id" => vm.Definition.Id.ToString(),
        "name" => vm.Definition.Name,
        "state" => SnapshotWriter.WordOf(vm.State),
        _ => vm.Definition.Labels.GetValueOrDefault(field[Labels.Length..]),
    });
}
