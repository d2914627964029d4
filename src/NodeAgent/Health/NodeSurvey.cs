using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Health;

/// <summary>
/// Finds out what this node is, beside everything else: the agent serves before the slow answers (KVM's self-test, the
/// QEMU binary) are in. Each answer is published as it comes.
/// </summary>
/// <param name="host">Reads the host.</param>
/// <param name="askKvm">Asks KVM and runs its self-test.</param>
/// <param name="askQemu">Asks QEMU, which depends on the host and its KVM; the flag says to ask even when the answer is known.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeSurvey(
    HostFactsReader host, Func<Task<KvmFacts>> askKvm, Func<HostFacts, KvmFacts, bool, Task<QemuProbeResult>> askQemu, TimeProvider time)
{
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly List<Action<NodeFacts>> _observers = [];
    private NodeFacts? _latest;
    private Task<NodeFacts>? _running;

    /// <summary>Who else asks anew at each look, bounded and without failure; its answer is kept elsewhere.</summary>
    public Func<Task>? AlsoAsk { get; init; }

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

    /// <summary>Asks everything; who asks while that goes on gets the same answer.</summary>
    /// <param name="anew">Ask QEMU even when an earlier answer of the same binary is kept.</param>
    public Task<NodeFacts> LookAsync(bool anew)
    {
        lock (_gate)
        {
            return _running is { IsCompleted: false } ? _running : _running = Task.Run(() => SurveyAsync(anew));
        }
    }

    /// <summary>
    /// Waits until nothing is being asked, so that a QEMU that is asked does not outlive the agent's orderly end. One
    /// that hangs is left to the next agent.
    /// </summary>
    public async Task SettleAsync()
    {
        Task? running;
        lock (_gate)
        {
            running = _running;
        }

        await Task.WhenAny(running ?? Task.CompletedTask, Task.Delay(SettlePatience, time));
    }

    /// <summary>What a start must know; waits for the first answers.</summary>
    public async Task<BootFacts> BootAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _latest)?.Boot ?? (await CompleteAsync(cancellationToken)).Boot!;

    /// <summary>Everything, with what changes all the time (memory, huge pages, pressure) read just now.</summary>
    public async Task<NodeFacts> GetAsync(CancellationToken cancellationToken)
    {
        await CompleteAsync(cancellationToken);
        return Refresh()!;
    }

    /// <summary>Reads again what changes all the time; <c>null</c> before the first answer.</summary>
    public NodeFacts? Refresh()
    {
        var known = Volatile.Read(ref _latest);
        return known is null ? null : Publish(() => _latest! with { Host = host.Refresh(_latest.Host), Time = time.GetUtcNow() });
    }

    private Task<NodeFacts> CompleteAsync(CancellationToken cancellationToken)
    {
        Task<NodeFacts>? running;
        lock (_gate)
        {
            running = _running;
        }

        return (running ?? LookAsync(anew: false)).WaitAsync(cancellationToken);
    }

    private async Task<NodeFacts> SurveyAsync(bool anew)
    {
        var others = AlsoAsk?.Invoke() ?? Task.CompletedTask;
        var first = host.Read();
        Publish(() => new NodeFacts(first, _latest?.Kvm, _latest?.Qemu, time.GetUtcNow()));
        var kvm = await askKvm();
        Publish(() => _latest! with { Kvm = kvm });
        var qemu = await askQemu(first, kvm, anew);
        await others;
        return Publish(() => _latest! with { Qemu = qemu });
    }

    private NodeFacts Publish(Func<NodeFacts> change)
    {
        lock (_gate)
        {
            var next = change();
            Volatile.Write(ref _latest, next);
            _observers.ForEach(observer => observer(next));
            return next;
        }
    }
}
