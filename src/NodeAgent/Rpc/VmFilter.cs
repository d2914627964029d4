using NodeAgent.Hypervisor.Vms;
using NodeAgent.Metrics;

namespace NodeAgent.Rpc;

/// <summary>Filters of VMs: id, name, state, labels.KEY.</summary>
internal static class VmFilter
{
    private const string Labels = "labels.";

    public static Filter Parse(string text) => Filter.Parse(text, (field, value) => field switch
    {
        "id" or "name" => null,
        "state" => VmWords.States.Contains(value) ? null : $"There is no state '{value}'; the states are {string.Join(", ", VmWords.States)}.",
        _ when field.StartsWith(Labels, StringComparison.Ordinal) && field.Length > Labels.Length => null,
        _ => $"There is no field '{field}'; the fields are id, name, state and labels.KEY.",
    });

    public static bool Matches(this Filter filter, VmSnapshot vm) => filter.Matches(field => field switch
    {
        "id" => vm.Definition.Id.ToString(),
        "name" => vm.Definition.Name,
        "state" => VmWords.Of(vm.State),
        _ => vm.Definition.Labels.GetValueOrDefault(field[Labels.Length..]),
    });
}
