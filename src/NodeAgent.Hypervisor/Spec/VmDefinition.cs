using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>A VM as recorded: its identity, the caller's labels and its spec, with their version.</summary>
public sealed record VmDefinition
{
    /// <summary>The VM's id; the guest sees it as its SMBIOS UUID.</summary>
    public required Guid Id { get; init; }

    /// <summary>Unique on this node: 1 to 63 of a-z, 0-9, '-', '.', '_', beginning with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>Free key/value pairs of the caller.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>What it is meant to be.</summary>
    public required VmSpec Spec { get; init; }

    /// <summary>Counts changes of name, labels and spec, from 1.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>When it was recorded first.</summary>
    public DateTimeOffset CreateTime { get; init; }

    /// <summary>When it was changed last.</summary>
    public DateTimeOffset UpdateTime { get; init; }

    /// <summary>Opaque version tag for optimistic concurrency (AIP-154).</summary>
    public string Etag => $"{Id:N}-{Generation}";
}
