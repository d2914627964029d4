using System.Security.Cryptography;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>Changes of the membership: each is on disk first, then in force, then on record.</summary>
internal sealed class Membership(MembershipStore store, CredentialStore credentials, NodePortrait portrait, FleetEvents events)
{
    private string _renewalProblem = "";

    /// <summary>What is on disk.</summary>
    public MembershipStore Store => store;

    /// <summary>Rings when the node has become a member.</summary>
    public Bell Joined { get; } = new();

    /// <summary>What is in force.</summary>
    public CredentialStore Credentials => credentials;

    /// <summary>Why the next certificate could not be had when it was last asked for; empty when it could.</summary>
    public string RenewalProblem
    {
        get => Volatile.Read(ref _renewalProblem);
        set => Volatile.Write(ref _renewalProblem, value);
    }

    /// <summary>Why what is on disk is not in force, because of files that are read along with it; empty when it is.</summary>
    public string Unused => store.Files is { } kept && credentials.Current?.Files.Certificate != kept.Certificate ? credentials.Problem : "";

    /// <summary>The node asks to be let in.</summary>
    /// <exception cref="FleetException">It can't be kept on this host.</exception>
    public void Begin(PendingEnrolment pending) => Kept(() => store.Begin(pending));

    /// <summary>The manager wants a person's consent.</summary>
    public void Waits(JoinToken token, string fingerprint, RequestContext request) => events.TellChange(
        EventKinds.FleetJoinAsked,
        new EventPayload($"The node asks to be let into the fleet '{token.FleetId}'; a person decides, by the fingerprint of its key.", Details: Facts(("fleet", token.FleetId), ("fingerprint", fingerprint))),
        request);

    /// <summary>The manager said no, for good.</summary>
    public void Refused(JoinToken token, string words, RequestContext request)
    {
        store.GiveUp();
        events.TellChange(EventKinds.FleetJoinRefused, new EventPayload(words, EventSeverity.Warning, Details: Facts(("fleet", token.FleetId))), request);
    }

    /// <summary>Takes in the first certificate.</summary>
    /// <returns>False when the enrolment was given up meanwhile.</returns>
    /// <exception cref="CryptographicException">It is of no use.</exception>
    /// <exception cref="FleetException">It can't be kept on this host.</exception>
    public bool Join(Issued? issued, ECDsa key, PendingEnrolment begun, JoinToken token, RequestContext request)
    {
        if (!Kept(() => store.Join(issued, key, portrait.NodeId, begun, token.Endpoints)))
        {
            return false;
        }

        credentials.Reload();
        Joined.Ring();
        events.TellChange(
            EventKinds.FleetJoined,
            new EventPayload($"The node is in the fleet '{issued!.FleetId}'.", Details: Facts(("fleet", issued.FleetId), ("serial", Serial()))), request);
        return true;
    }

    /// <summary>Takes in the next certificate.</summary>
    /// <returns>False when the node left the fleet meanwhile.</returns>
    /// <exception cref="CryptographicException">It is of no use.</exception>
    /// <exception cref="FleetException">It can't be kept on this host, or is kept and not in force.</exception>
    public bool Renew(Issued? issued, ECDsa key, string fleet, RequestContext request)
    {
        if (!Kept(() => store.Renew(issued, key, portrait.NodeId, fleet)))
        {
            return false;
        }

        RenewalProblem = "";
        PutInForce();
        var end = credentials.Current?.NotAfter;
        events.TellChange(
            EventKinds.FleetCertificateRenewed,
            new EventPayload($"The node's certificate was renewed; it is good until {end:u}.", Details: Facts(("serial", Serial()), ("not_after", $"{end:u}"))), request);
        return true;
    }

    /// <summary>Takes in what the fleet trusts from now on. What a manager repeats is no change.</summary>
    /// <param name="trust">What.</param>
    /// <param name="manager">The manager that said so.</param>
    /// <exception cref="CryptographicException">It is of no use.</exception>
    /// <exception cref="FleetException">It can't be kept on this host, or is kept and not in force.</exception>
    public void Keep(TrustBundle trust, string manager)
    {
        if (!Kept(() => store.Keep(trust)))
        {
            return;
        }

        PutInForce();
        events.TellChange(
            EventKinds.FleetTrustUpdated,
            new EventPayload(
                $"The manager {manager} changed what the node trusts: {trust.CaCertificates.Count} authorities and {trust.RevocationLists.Count} revocation lists, version {trust.Version}.",
                Details: Facts(("manager", manager), ("version", $"{trust.Version}"))),
            RequestContext.Agent);
    }

    /// <summary>Takes in where sessions are opened. What a manager repeats is no change.</summary>
    /// <param name="update">Where, and from when on.</param>
    /// <param name="manager">The manager that said so.</param>
    /// <exception cref="FleetException">It can't be kept on this host.</exception>
    public void Keep(UpdateEndpoints update, string manager)
    {
        if (Kept(() => store.Keep(update.Endpoints, update.MoveTime?.ToDateTimeOffset())))
        {
            var from = update.MoveTime is { } time ? $" from {time.ToDateTimeOffset():u} on" : "";
            events.TellChange(
                EventKinds.FleetEndpointsUpdated,
                new EventPayload(
                    $"The manager {manager} changed where sessions are opened{from}: {string.Join(", ", update.Endpoints)}.",
                    Details: Facts(("manager", manager), ("endpoints", string.Join(',', update.Endpoints)), ("move_time", from.Length > 0 ? $"{update.MoveTime!.ToDateTimeOffset():u}" : ""))),
                RequestContext.Agent);
        }
    }

    /// <summary>Forgets certificate, key and fleet; what is open by them is cut.</summary>
    /// <exception cref="FleetException">The files can't be removed.</exception>
    public void Leave(RequestContext request)
    {
        var fleet = store.Current?.FleetId;
        try
        {
            Kept(store.Forget);
        }
        finally
        {
            // A folder that can't be removed makes nobody a member, and what is open must not outlast the membership.
            credentials.Reload();
        }

        RenewalProblem = "";
        events.TellChange(
            EventKinds.FleetLeft,
            fleet is null ? new EventPayload("The node gave up joining a fleet.") : new EventPayload($"The node left the fleet '{fleet}'.", Details: Facts(("fleet", fleet))), request);
    }

    // What the configuration adds is read along, and may be at fault.
    private void PutInForce()
    {
        credentials.Reload();
        if (Unused is { Length: > 0 } problem)
        {
            throw new FleetException(FleetReason.MembershipNotKept, $"What the fleet gave is kept on this host, and is not in force: {problem} Mend that; it is read again when it changes.");
        }
    }

    private string Serial() => credentials.Current?.Certificate.SerialNumber ?? "";

    private static Dictionary<string, string> Facts(params IEnumerable<(string Key, string Value)> facts) =>
        facts.Where(fact => fact.Value.Length > 0).ToDictionary(fact => fact.Key, fact => fact.Value);

    private static void Kept(Action write) => Kept(() =>
    {
        write();
        return true;
    });

    private static T Kept<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new FleetException(FleetReason.MembershipNotKept, $"What the fleet gave can't be kept on this host: {failed.Message} Free space, or see to the state directory.", failed) { MayHaveCounted = true };
        }
    }
}
