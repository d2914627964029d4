using System.Net;
using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// What a unit has of the host's network. A user network leaves through it as a program of the host would, and QEMU's NAT
/// takes a guest to the host's own loopback besides (10.0.2.2, and 127.0.0.1 itself): whatever listens there trusts who
/// comes. The kernel drops that, by a filter that hangs on a cgroup of version 2; with version 1 alone there is none.
/// </summary>
internal static class UnitNetwork
{
    // Who is meant by a name of systemd's resolver (the stub) is on loopback; whom it asks is not.
    private const string Resolver = "/etc/resolv.conf", Upstream = "/run/systemd/resolve/resolv.conf";

    // systemd.resource-control(5): localhost, link-local (the metadata of clouds is there), multicast.
    private static readonly IPNetwork[] Denied =
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/64"),
        IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("ff00::/8"),
    ];

    public static IEnumerable<UnitProperty> Properties(VmSpec spec)
    {
        var leaves = Leaves(spec);
        yield return new("PrivateNetwork", UnitValue.Of(!leaves));
        yield return new("IPAddressDeny", UnitValue.Networks(Denied));

        // Abstract sockets of the host's services belong to its network. Of sockets QEMU makes that of a display itself,
        // all others it is given.
        yield return new("RestrictAddressFamilies", UnitValue.Choice(
            onlyThese: true,
            [.. leaves ? ["AF_INET", "AF_INET6"] : (string[])[], .. !leaves || spec.Display is { Vnc: true } ? ["AF_UNIX"] : (string[])[]]));
    }

    /// <summary>Where QEMU reads whom to ask for names, for its guest.</summary>
    public static IReadOnlyList<UnitBind> Files(VmSpec spec)
    {
        if (!Leaves(spec) || !File.Exists(Resolver))
        {
            return [];
        }

        var target = UnitView.RealPath(Resolver);
        return [new UnitBind(target.StartsWith("/run/systemd/resolve/", StringComparison.Ordinal) && File.Exists(Upstream) ? Upstream : target, target)];
    }

    // A restricted one reaches QEMU's own DHCP and no further.
    private static bool Leaves(VmSpec spec) => spec.NetworkInterfaces.Any(network => !network.Restricted);
}
