using NodeAgent.Hypervisor.Host;
using NodeAgent.Tls;

namespace NodeAgent.Health;

/// <summary>Conditions about the node's certificate, where it has one or needs one.</summary>
internal static class RemoteConditions
{
    private const string CertificateValid = "CertificateValid";

    // By two thirds of its life a certificate should have been renewed.
    private const double Late = 0.8;

    /// <summary>How the certificate stands; <c>null</c> on a node that has none and serves nobody from elsewhere.</summary>
    /// <param name="credentials">What is in force.</param>
    /// <param name="isNeeded">Whether somebody from elsewhere is to be served.</param>
    /// <param name="now">The present time.</param>
    public static (NodeCondition Condition, ConditionSeverity Severity)? Of(CredentialStore credentials, bool isNeeded, DateTimeOffset now) => credentials switch
    {
        { Current: null, Problem.Length: 0 } when !isNeeded => null,
        { Current: null, Problem.Length: 0 } => No("NoCertificate", "The node has no certificate, and so serves nobody from elsewhere.", "Let it join a fleet, or set [remote] certificate, key and authorities.", ConditionSeverity.Error),
        { Current: null } => No("CredentialsFaulty", $"Nobody from elsewhere is served: {credentials.Problem}", "Mend the file; it is read again when it changes.", ConditionSeverity.Error),
        { Current: { } current } when now > current.NotAfter => No(
            "CertificateExpired", $"The node's certificate ended at {current.NotAfter:u}: nobody from elsewhere trusts it. Guests run on, and the local API works.",
            "Check the host's clock. A node that has joined a fleet asks its manager for a new one by itself; otherwise replace the file.", ConditionSeverity.Error),
        { Current: { } current } when now < current.NotBefore => No(
            "CertificateNotYetValid", $"The node's certificate begins at {current.NotBefore:u}, and the host's clock says {now:u}.", "Set the host's clock.", ConditionSeverity.Error),
        { Problem.Length: > 0 } => No("CredentialsFaulty", $"Older credentials stay in force: {credentials.Problem}", "Mend the file; it is read again when it changes.", ConditionSeverity.Warning),
        { Current: { } current } when now > current.NotBefore + ((current.NotAfter - current.NotBefore) * Late) => No(
            "CertificateEndsSoon", $"The node's certificate ends at {current.NotAfter:u} and has not been renewed.", "See to the manager, which renews it, or replace the file.", ConditionSeverity.Warning),
        { Current: { } current } => (
            new NodeCondition(CertificateValid, ConditionStatus.True, "CertificateInForce", $"The node is {current.NodeName} of the fleet {current.Fleet}; its certificate is good until {current.NotAfter:u}.", ""),
            ConditionSeverity.Info),
    };

    private static (NodeCondition Condition, ConditionSeverity Severity)? No(string reason, string message, string remedy, ConditionSeverity severity) =>
        (new NodeCondition(CertificateValid, ConditionStatus.False, reason, message, remedy), severity);
}
