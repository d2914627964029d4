using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Nodes;

/// <summary>The commands about the node; a new one is a file and a line here.</summary>
internal static class NodeNoun
{
    /// <summary>The noun with its verbs.</summary>
    public static Noun Noun { get; } = new("node", "The host and the agent on it.",
    [
        new("get", "Show what this node is and what it can do.", NodeGet.Describe),
        new("refresh", "Let the agent look again at host, KVM and QEMU.", NodeRefresh.Describe),
        new("join", "Join the fleet of a manager, by a token that it printed.", NodeFleet.DescribeJoin),
        new("leave", "Leave the fleet: forget certificate, key and manager.", NodeFleet.DescribeLeave),
        new("membership", "Show which fleet the node is in, and how it gets on with its manager.", NodeFleet.DescribeMembership),
        new("maintenance", "Take the node out of service, or put it back.", NodeMaintenance.Describe),
    ]);
}
