using System.Collections.Immutable;

namespace NodeAgent.Security;

/// <summary>Which VMs a caller may see and touch: those that carry all labels of one of the sets. No set means all VMs.</summary>
/// <param name="AnyOf">Sets of labels.</param>
internal sealed record VmScope(ImmutableArray<ImmutableDictionary<string, string>> AnyOf)
{
    /// <summary>All VMs.</summary>
    public static VmScope Everything { get; } = new([]);

    /// <summary>Whether it is all VMs.</summary>
    public bool IsEverything => AnyOf.IsEmpty;

    /// <summary>Whether a VM with these labels is among them.</summary>
    public bool Covers(IReadOnlyDictionary<string, string> labels) =>
        IsEverything || AnyOf.Any(set => set.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value));
}
