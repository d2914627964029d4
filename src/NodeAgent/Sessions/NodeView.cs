using System.Runtime.CompilerServices;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Rpc;

namespace NodeAgent.Sessions;

/// <summary>What a session tells of the node, in the contract's words.</summary>
internal sealed class NodeView(NodeLedger ledger, VmRegistry registry, NodeSurvey survey, NodeWriter node, SnapshotWriter vms)
{
    /// <summary>Counts the starts of the agent.</summary>
    public long Epoch => ledger.Epoch;

    /// <summary>The event log.</summary>
    public EventLog Events => ledger.Events;

    /// <summary>The node as it is now, in its full view.</summary>
    public async Task<V1.Node> ReadNodeAsync(CancellationToken cancellationToken) => node.Write(await survey.GetAsync(cancellationToken), full: true);

    /// <summary>All VMs, a mark (<c>null</c>), then each change.</summary>
    public async IAsyncEnumerable<VmNews?> WatchVmsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var change in registry.Feed.Watch(cancellationToken))
        {
            yield return change switch
            {
                VmChange.Changed { Snapshot: var vm } => new VmNews(vms.Write(vm), ""),
                VmChange.Deleted deleted => new VmNews(null, deleted.Id.ToString("D")),
                _ => null,
            };
        }
    }
}
