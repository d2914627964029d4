using Google.Protobuf;
using NodeAgent.Manager.V1;

namespace NodeAgent.Sessions;

/// <summary>Tells what the node is and which VMs it has: whole at first, then each change as it comes.</summary>
internal sealed class SessionInventory(SessionOutput output, NodeView view, TimeProvider time)
{
    // A quarter of what a message may hold, because a VM with a long argument list comes on top.
    private const int PartBytes = 1024 * 1024;

    // So much may be on its way that the manager has not confirmed.
    private const int MostUnconfirmed = 64;

    // What changes by itself, such as free memory, is told so often.
    private static readonly TimeSpan NodeInterval = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _window = new(MostUnconfirmed, MostUnconfirmed);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _generation;
    private long _confirmed;

    /// <summary>Tells until the session ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var whole = new Inventory { Whole = true, Node = await view.ReadNodeAsync(cancellationToken) };
        var isWhole = false;
        var known = whole.Node.Clone();
        using var ticking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task? nodes = null;
        try
        {
            await foreach (var news in view.WatchVmsAsync(cancellationToken))
            {
                if (!isWhole && news is { Vm: { } listed })
                {
                    whole.Vms.Add(listed);
                }
                else if (!isWhole)
                {
                    await TellAsync(Parts(whole), cancellationToken);
                    (isWhole, nodes) = (true, TellNodeAsync(known, ticking.Token));
                }
                else if (news is not null)
                {
                    var delta = new Inventory();
                    if (news.Vm is { } changed)
                    {
                        delta.Vms.Add(changed);
                    }
                    else
                    {
                        delta.DeletedVmIds.Add(news.DeletedId);
                    }

                    await TellAsync([delta], cancellationToken);
                }
            }
        }
        finally
        {
            await ticking.CancelAsync();
            await (nodes ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The manager has taken in what it was told.</summary>
    public void Confirmed(InventoryAck answer)
    {
        var count = answer.Generation - _confirmed;
        if (count > 0 && count <= MostUnconfirmed - _window.CurrentCount)
        {
            _confirmed = answer.Generation;
            _window.Release((int)count);
        }
    }

    private async Task TellNodeAsync(V1.Node known, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(NodeInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var node = await view.ReadNodeAsync(cancellationToken);
            known.ObserveTime = node.ObserveTime;
            if (!known.Equals(node))
            {
                known = node.Clone();
                await TellAsync([new Inventory { Node = node }], cancellationToken);
            }
        }
    }

    private async Task TellAsync(IEnumerable<Inventory> parts, CancellationToken cancellationToken)
    {
        await _window.WaitAsync(cancellationToken);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _generation++;
            foreach (var part in parts)
            {
                part.Generation = _generation;
                await output.SayAsync(new OpenSessionRequest { Inventory = part }, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private static IEnumerable<Inventory> Parts(Inventory whole)
    {
        var part = new Inventory { Whole = true, Node = whole.Node, More = true };
        var bytes = part.CalculateSize();
        foreach (var vm in whole.Vms)
        {
            var size = vm.CalculateSize();
            if (bytes + size > PartBytes && part.Vms.Count > 0)
            {
                yield return part;
                part = new Inventory { Whole = true, More = true };
                bytes = 0;
            }

            part.Vms.Add(vm);
            bytes += size;
        }

        part.More = false;
        yield return part;
    }
}
