namespace ReferenceManager.Sessions;

/// <summary>Where a session writes what its node tells.</summary>
internal sealed record SessionBooks(NodeBook Nodes, EventStore Events, Counters Counters, TimeProvider Time);
