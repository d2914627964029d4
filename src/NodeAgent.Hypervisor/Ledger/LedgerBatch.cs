using System.Collections;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Writes that become durable together or not at all, in their order. Filled by one owner, then submitted; not to be
/// changed afterwards.
/// </summary>
public sealed class LedgerBatch : IEnumerable<LedgerWrite>
{
    private readonly List<LedgerWrite> _writes = [];

    /// <summary>Makes a batch of these writes; more can be added.</summary>
    public LedgerBatch(params IEnumerable<LedgerWrite> writes) => _writes.AddRange(writes);

    /// <summary>How many writes it holds.</summary>
    public int Count => _writes.Count;

    /// <summary>Adds a write at the end.</summary>
    public void Add(LedgerWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        _writes.Add(write);
    }

    /// <inheritdoc/>
    public IEnumerator<LedgerWrite> GetEnumerator() => _writes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
