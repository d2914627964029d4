namespace ReferenceManager.Sessions;

/// <summary>Which node a request comes from, as its certificate says.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Serial">Its certificate, so that a revocation finds what it has open.</param>
internal sealed record NodeCaller(string NodeId, string Serial);
