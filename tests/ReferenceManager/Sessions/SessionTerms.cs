namespace ReferenceManager.Sessions;

/// <summary>What this manager tells every node at the begin of a session.</summary>
/// <param name="ManagerName">Who answers.</param>
/// <param name="LeaseInterval">How often a node says that it lives.</param>
internal sealed record SessionTerms(string ManagerName, TimeSpan LeaseInterval);
