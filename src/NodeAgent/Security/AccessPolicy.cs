using System.Collections.Frozen;
using System.Collections.Immutable;

namespace NodeAgent.Security;

/// <summary>
/// Who may call what: roles come from a certificate or, on this host, from user and groups; methods from the roles. What
/// nobody allows is refused. Immutable; a reload makes a new one.
/// </summary>
/// <param name="Roles">The roles that there are.</param>
/// <param name="Local">Rules for callers on this host; the first that is for one counts.</param>
internal sealed record AccessPolicy(FrozenDictionary<string, RoleRights> Roles, ImmutableArray<LocalRule> Local)
{
    /// <summary>What it was read from.</summary>
    public string Text { get; init; } = "";

    /// <summary>A caller's roles, also those that the policy does not know.</summary>
    public ImmutableArray<string> RolesOf(Caller caller) =>
        caller.Local is { } peer ? Local.FirstOrDefault(rule => rule.IsFor(peer))?.Roles ?? [] : caller.Roles;

    /// <summary>The VMs for which a caller may call a method; <c>null</c> when it may not be called at all.</summary>
    public VmScope? Decide(Caller caller, string method)
    {
        var granting = RolesOf(caller)
            .Select(role => Roles.GetValueOrDefault(role))
            .Where(rights => rights is not null && rights.Methods.Contains(method))
            .Select(rights => rights!.VmLabels)
            .ToImmutableArray();
        return granting.IsEmpty ? null
            : granting.Any(labels => labels.IsEmpty) ? VmScope.Everything
            : new VmScope(granting);
    }
}
