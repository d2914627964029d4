using System.Collections.Frozen;
using System.Collections.Immutable;

namespace NodeAgent.Security;

/// <summary>What a role may.</summary>
/// <param name="Methods">As on the wire.</param>
/// <param name="VmLabels">Only VMs that carry all of these; empty for all VMs.</param>
internal sealed record RoleRights(FrozenSet<string> Methods, ImmutableDictionary<string, string> VmLabels);

/// <summary>Gives roles to callers on this host.</summary>
/// <param name="Uid">The user; <c>null</c> for any.</param>
/// <param name="Gid">The group; <c>null</c> for any.</param>
/// <param name="Roles">The roles.</param>
internal sealed record LocalRule(uint? Uid, uint? Gid, ImmutableArray<string> Roles)
{
    /// <summary>Whether it speaks of this caller.</summary>
    public bool IsFor(LocalPeer peer) => (Uid is null || Uid == peer.Uid) && (Gid is null || peer.Gids.Contains(Gid.Value));
}
