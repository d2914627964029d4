using System.Collections.Immutable;
using NodeAgent.Manager.V1;
using NodeAgent.V1;

namespace ReferenceManager.Sessions;

/// <summary>One node at one moment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Identity">What it last said of itself.</param>
/// <param name="HasSession">Whether a session is open.</param>
/// <param name="Lease">When its last sign of life came, by the clock that nobody sets; <c>null</c> when there was none since this manager started.</param>
/// <param name="Hello">How its last session began.</param>
/// <param name="Facts">The node as it describes itself.</param>
/// <param name="Vms">Its VMs by id.</param>
/// <param name="Generation">Of its inventory, within its session.</param>
internal sealed record NodeStatus(
    string Id,
    NodeIdentity Identity,
    bool HasSession,
    long? Lease,
    Hello? Hello,
    Node? Facts,
    ImmutableDictionary<string, Vm> Vms,
    long Generation)
{
    /// <summary>A node is lost when so many intervals passed without a lease.</summary>
    public const int IntervalsUntilLost = 3;

    public long TrustVersion { get; init; }

    public long AcknowledgedEvent { get; init; }

    public long Sessions { get; init; }

    /// <summary>Whether its lease lasts. A session that has just broken does not make a node lost: it is given its time.</summary>
    public bool IsConnected(TimeProvider time, TimeSpan leaseInterval) => Lease is { } lease && time.GetElapsedTime(lease) <= IntervalsUntilLost * leaseInterval;
}
