namespace NodeAgent.Fleet;

/// <summary>Why a node can't join or leave a fleet. Each has a row in docs/errors.md.</summary>
internal enum FleetReason
{
    /// <summary>The text is no join token, or was pasted in part.</summary>
    TokenMalformed,

    /// <summary>By this host's clock the token has expired.</summary>
    TokenExpired,

    /// <summary>The node is in a fleet, or asks another to be let in.</summary>
    AlreadyInFleet,

    /// <summary>The node is in no fleet.</summary>
    NotInFleet,

    /// <summary>None of the endpoints answers.</summary>
    ManagerUnreachable,

    /// <summary>Who answers is not the manager that the token speaks of.</summary>
    ManagerUntrusted,

    /// <summary>The manager says no.</summary>
    ManagerRefused,

    /// <summary>What the manager issued can't be kept on this host, or is kept and can't be used yet.</summary>
    MembershipNotKept,

    /// <summary>The configuration names certificates, and these count.</summary>
    CredentialsConfigured,
}
