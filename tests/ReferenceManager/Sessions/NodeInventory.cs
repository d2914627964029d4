using System.Collections.Immutable;
using NodeAgent.V1;
using Delta = NodeAgent.Manager.V1.Inventory;

namespace ReferenceManager.Sessions;

/// <summary>
/// What one node has, as its session tells it: everything at first, then what changed. Parts of one generation are
/// gathered and take effect together, so that nobody ever sees half an inventory.
/// </summary>
internal sealed class NodeInventory
{
    private readonly List<Vm> _vms = [];
    private readonly List<string> _deleted = [];
    private Node? _node;
    private bool _isPartial;
    private bool _isWhole;

    /// <summary>The last generation that was taken in; 0 before the first.</summary>
    public long Generation { get; private set; }

    /// <summary>The node's facts; <c>null</c> until it told them once.</summary>
    public Node? Node { get; private set; }

    /// <summary>The VMs by id.</summary>
    public ImmutableDictionary<string, Vm> Vms { get; private set; } = ImmutableDictionary<string, Vm>.Empty;

    /// <summary>What is known from earlier, until the node tells it anew.</summary>
    public static NodeInventory FromRecord(Node? node, IEnumerable<Vm> vms) =>
        new() { Node = node, Vms = vms.ToImmutableDictionary(vm => vm.Id, StringComparer.Ordinal) };

    /// <summary>A session began: its generations count from 1, and its first inventory will be whole.</summary>
    public void BeginSession()
    {
        Generation = 0;
        Forget();
    }

    /// <summary>Takes a message in.</summary>
    /// <returns>What changed, when its generation is complete; <c>null</c> when another part follows.</returns>
    /// <exception cref="Grpc.Core.RpcException">Its generation is not the next one, or the first is not whole.</exception>
    public InventoryChange? Apply(Delta message)
    {
        if (message.Generation != Generation + 1)
        {
            throw ProtocolError.OutOfStep($"inventory: generation {Generation + 1} is next, not {message.Generation}");
        }

        if (Generation == 0 && !message.Whole)
        {
            throw ProtocolError.OutOfStep("inventory: the first one of a session is whole");
        }

        if (_isPartial && message.Whole != _isWhole)
        {
            throw ProtocolError.OutOfStep("inventory: the parts of one generation are all whole, or none");
        }

        (_isPartial, _isWhole) = (true, message.Whole);
        _vms.AddRange(message.Vms);
        _deleted.AddRange(message.DeletedVmIds);
        _node = message.Node ?? _node;
        return message.More ? null : Complete();
    }

    private InventoryChange Complete()
    {
        var change = new InventoryChange(_isWhole, _node, [.. _vms], [.. _deleted]);
        Vms = (_isWhole ? Vms.Clear() : Vms)
            .SetItems(_vms.Select(vm => KeyValuePair.Create(vm.Id, vm)))
            .RemoveRange(_deleted);
        Node = _node ?? Node;
        Generation++;
        Forget();
        return change;
    }

    private void Forget()
    {
        _vms.Clear();
        _deleted.Clear();
        _node = null;
        _isPartial = false;
    }
}
