using NodeAgent.Hypervisor.Host;

namespace NodeAgent.Health;

/// <summary>
/// Finds out what this node is, beside everything else: the agent serves before the slow answers (KVM's self-test, the
/// QEMU binary) are in. Each answer is published as it comes.
/// </summary>
internal sealed class NodeSurvey(HostFactsReader host, Func<CancellationToken, Task<KvmFacts>> askKvm, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Action<NodeFacts>> _observers = [];
    private NodeFacts? _latest;
    private Task<NodeFacts>? _running;

    /// <summary>Calls <paramref name="observer"/> with what is known, and again with each answer, in order.</summary>
    public void Observe(Action<NodeFacts> observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
            if (_latest is not null)
            {
                observer(_latest);
            }
        }
    }

    /// <summary>Asks everything anew; who asks while that goes on gets the same answer.</summary>
    public Task<NodeFacts> LookAsync()
    {
        lock (_gate)
        {
            return _running is { IsCompleted: false } ? _running : _running = Task.Run(SurveyAsync);
        }
    }

    /// <summary>Everything, with what changes all the time (memory, huge pages, pressure) read just now.</summary>
    public async Task<NodeFacts> GetAsync(CancellationToken cancellationToken)
    {
        Task<NodeFacts>? running;
        lock (_gate)
        {
            running = _running;
        }

        await (running ?? LookAsync()).WaitAsync(cancellationToken);
        return Refresh()!;
    }

    /// <summary>Reads again what changes all the time; <c>null</c> before the first answer.</summary>
    public NodeFacts? Refresh()
    {
        var known = Volatile.Read(ref _latest);
        return known is null ? null : Publish(now => now with { Host = host.Refresh(now.Host), Time = time.GetUtcNow() });
    }

    private async Task<NodeFacts> SurveyAsync()
    {
        var first = host.Read();
        Publish(_ => new NodeFacts(first, null, time.GetUtcNow()));
        var kvm = await askKvm(CancellationToken.None);
        return Publish(now => now with { Kvm = kvm });
    }

    private NodeFacts Publish(Func<NodeFacts, NodeFacts> change)
    {
        lock (_gate)
        {
            // The first change makes the facts and looks at none.
            var next = change(_latest!);
            Volatile.Write(ref _latest, next);
            _observers.ForEach(observer => observer(next));
            return next;
        }
    }
}
