using System.Globalization;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// What a guest that has broken out of its QEMU can do to the host: tried from inside a unit, as its user, under all that
/// confines it (tests/lab/escapee stands where QEMU is executed, and is QEMU afterwards); and tried without the unit, so
/// that what refuses is known to be the unit.
/// </summary>
internal static class EscapeConformance
{
    private const string Escapee = "/usr/bin/escapee", Qemu = "/usr/bin/qemu-system-x86_64", RealQemu = "/usr/bin/qemu-real";
    private const string Site = "/etc/apparmor.d/local/usr.sbin.nodeagentd", Reload = "apparmor_parser -r /etc/apparmor.d/usr.sbin.nodeagentd";
    private const string NotThere = "No such file or directory", NotAllowed = "Operation not permitted", Denied = "Permission denied";
    private const string ReadOnly = "Read-only file system", NoFamily = "Address family not supported by protocol";

    /// <summary>QEMU's user is nobody nowhere.</summary>
    public static async Task QemuMayNothingAsync(InstalledNode node)
    {
        await PutInPlaceAsync(node);
        try
        {
            var other = await node.StartTickAsync("other");
            var escapee = await CreateAsync(node, "escapee");
            var attempts = await AttemptsAsync(node, escapee, other);
            await OrderAsync(node, attempts);

            var started = await node.Client.StartAsync(escapee.Name);

            // While it runs, since its own directory is there only then.
            var free = await node.RunAsync($"{Escapee} --free");
            Lines(free.Succeeded()).ShouldBe(attempts.Select(one => $"granted {one.Order}"), "as root, without a unit");
            (await node.RunAsync("setpriv --reuid=65534 --regid=65534 --clear-groups /usr/local/bin/rooted -u")).Output.ShouldBe("0\n", "a set-user-id program makes anybody root");
            var told = Lines((await node.RunAsync($"cat /run/nodeagent/vms/{escapee.Id}/qemu.log")).Succeeded());
            foreach (var (what, order, refusal) in attempts)
            {
                told.ShouldContain($"refused {order}: {refusal}", what);
            }

            // What was let through stands in no table.
            told.ShouldNotContain(line => line.StartsWith("granted", StringComparison.Ordinal));

            // systemd's filters come first, QEMU's own sandbox comes on top.
            var before = int.Parse(told.Single(line => line.StartsWith("filters ", StringComparison.Ordinal))["filters ".Length..], CultureInfo.InvariantCulture);
            before.ShouldBeGreaterThan(0);
            (await FiltersAsync(node, started.Status.Pid)).ShouldBeGreaterThan(before);
            await DevicesAreBoundToTheUnitAsync(node, started.Status.Pid);
            await UnitConformance.ShouldRunOnAsync(node, other);
            await UnitConformance.ShouldRunOnAsync(node, started);
        }
        finally
        {
            await TakeAwayAsync(node);
        }
    }

    /// <summary>A user network is a way out, and none to the host's own services where the kernel can tell them apart.</summary>
    public static async Task UserNetworkIsBoundedAsync(InstalledNode node)
    {
        await PutInPlaceAsync(node);
        try
        {
            var escapee = await CreateAsync(node, "escapee-net", spec => spec.NetworkInterfaces.Add(new NetworkInterface { User = new UserNetwork() }));
            (string What, string Order, string Refusal)[] attempts =
            [
                ("abstract sockets of the host's services", "abstract escapee-door", NoFamily),
                ("the kernel's own sockets", "socket 16 3 0", NoFamily),
                ("raw packets", "socket 17 3 768", NoFamily),
                ("other machines' hypervisor", "socket 40 1 0", NoFamily),
            ];
            string[] loopback = ["tcp 127.0.0.1 9464", "tcp 127.9.9.9 9464"];
            (await node.RunAsync("printf '[metrics]\\nlisten = 0.0.0.0:9464\\ntls = off\\n' >/etc/nodeagent/conf.d/escapee.conf; systemctl restart nodeagentd")).Succeeded();
            await node.UntilServingAsync();
            await OrderAsync(node, [.. attempts, .. loopback.Select(order => ("", order, ""))]);
            Lines((await node.RunAsync($"{Escapee} --free")).Succeeded()).ShouldAllBe(line => line.StartsWith("granted "));

            var started = await node.Client.StartAsync(escapee.Name);

            var told = Lines((await node.RunAsync($"cat /run/nodeagent/vms/{escapee.Id}/qemu.log")).Succeeded());
            foreach (var (what, order, refusal) in attempts)
            {
                told.ShouldContain($"refused {order}: {refusal}", what);
            }

            var condition = (await node.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Conditions.Single(one => one.Type == "LoopbackClosedToGuests");
            var isClosed = condition.Status == ConditionStatus.True;
            isClosed.ShouldBe((await node.RunAsync("stat -f -c %T /sys/fs/cgroup /sys/fs/cgroup/unified")).Output.Contains("cgroup2fs"));
            loopback.ShouldAllBe(order => told.Contains(isClosed ? $"refused {order}: Connection timed out" : $"granted {order}"));
            await UnitConformance.ShouldRunOnAsync(node, started);
        }
        finally
        {
            await TakeAwayAsync(node);
        }
    }

    private static async Task<(string What, string Order, string Refusal)[]> AttemptsAsync(InstalledNode node, Vm self, Vm other)
    {
        var agent = await node.ShowAsync("MainPID");
        var victim = other.Status.Pid;
        var disk = (await node.RunAsync($"find /proc/{victim}/fd -lname '{InstalledNode.Images}/other.img' -print -quit")).Succeeded().Trim();
        var groups = (await node.RunAsync("stat -f -c %T /sys/fs/cgroup")).Output == "cgroup2fs\n" ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";

        // Those that can be opened at all: not every drive has a medium.
        var devices = (await node.RunAsync("for device in /dev/net/tun $(find /dev -type b); do (: <$device) 2>/dev/null && echo $device; done")).Output;
        devices.ShouldContain("/dev/net/tun\n");
        return
        [
            ("another VM's disk", $"read {InstalledNode.Images}/other.img", NotThere),
            ("another VM's disk, by whom it is open", $"read {disk}", NotThere),
            ("its own disk by name", $"read {InstalledNode.Images}/escapee.img", NotThere),
            ("the ledger", "read /var/lib/nodeagent/ledger.db", NotThere),
            ("the agent's socket", "connect /run/nodeagent/api.sock", NotThere),
            ("another VM's monitor", $"connect /run/nodeagent/vms/{other.Id}/qmp.sock", NotThere),
            ("its own log", $"read /run/nodeagent/vms/{self.Id}/qemu.log", NotThere),
            ("its unit's note", $"make /run/nodeagent/vms/{self.Id}/unit/mine", Denied),
            ("the agent's configuration", "read /etc/nodeagent/nodeagentd.conf", NotThere),
            ("passwords", "read /etc/shadow", Denied),
            ("files of people", "read /root/secret", NotThere),
            ("files of services", "read /srv/images/secret", NotThere),
            ("what others mount", "read /mnt/x/secret", NotThere),
            ("a file of its own in the system", "write /usr/bin/mine", ReadOnly),
            ("a file of its own in /etc", "write /etc/mine", ReadOnly),
            ("a cgroup of its own", $"make {groups}/escapee", ReadOnly),
            ("the bus", "connect /run/dbus/system_bus_socket", NotThere),
            ("systemd", "connect /run/systemd/private", NotThere),
            ("an abstract socket of the host", "abstract escapee-door", "Connection refused"),
            ("the network", "socket 2 1 0", NoFamily),
            ("the kernel's own sockets", "socket 16 3 0", NoFamily),
            ("raw packets", "socket 17 3 768", NoFamily),
            ("a signal to another QEMU", $"signal {victim}", NotAllowed),
            ("a signal to the agent", $"signal {agent}", NotAllowed),
            ("another QEMU as its debugger", $"ptrace {victim}", NotAllowed),
            ("the agent as its debugger", $"ptrace {agent}", NotAllowed),
            ("memory of another QEMU", $"memory {victim}", NotAllowed),
            ("a descriptor of another QEMU", $"descriptor {victim}", NotAllowed),
            ("another QEMU's environment", $"read /proc/{victim}/environ", NotThere),
            .. devices.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(path => ($"the device {path}", $"open {path}", NotThere)),
            ("a device node of a disk", "node b /tmp/escapee-node 7 0", NotAllowed),
            ("a device node of memory", "node c /tmp/escapee-node 1 1", NotAllowed),
            ("a mount", "mount /mnt", NotAllowed),
            ("a user namespace", "unshare 10000000", NotAllowed),
            ("a mount namespace", "unshare 20000", NotAllowed),
            ("another root", "chroot", NotAllowed),
            ("to be root", "root", NotAllowed),
            ("to be root by a program", "program /usr/local/bin/rooted", NotAllowed),
            ("a program that makes others of its user", "setuid /tmp", NotAllowed),
            ("another personality", "personality", NotAllowed),
            ("to be scheduled before all others", "realtime", NotAllowed),
            ("the host's name", "hostname", NotAllowed),
        ];
    }

    // The device is there to be seen; the unit's cgroup alone refuses it.
    private static async Task DevicesAreBoundToTheUnitAsync(InstalledNode node, int pid)
    {
        const string Open = "exec 3<>/dev/net/tun";
        (await node.RunAsync(Open)).Succeeded();
        var inside = await node.RunAsync(
            $"group=$(sed -n 's/^[0-9]*:devices://p' /proc/{pid}/cgroup); group=${{group:+/sys/fs/cgroup/devices$group}}; "
            + $"group=${{group:-/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/{pid}/cgroup)}}; echo $$ >$group/cgroup.procs && echo joined && {Open}");
        inside.Output.ShouldBe("joined\n");
        inside.Errors.ShouldContain(NotAllowed);
    }

    private static async Task PutInPlaceAsync(InstalledNode node)
    {
        // The agent asks QEMU what it can do, and so runs what stands in for it: a site's QEMU of another kind, which the
        // site's own lines let it run. The units are not in its profile.
        (await node.RunAsync(
            $"! grep -q '^nodeagentd (enforce)' /sys/kernel/security/apparmor/profiles || {{ printf 'include <abstractions/perl>\\n%s rix,\\n' /usr/bin/perl {RealQemu} >{Site} && {Reload}; }}")).Succeeded();
        await node.Host.CopyInAsync(Path.Combine(Artifacts.Tree, "tests/lab/escapee"), Escapee);
        (await node.RunAsync(
            "mkdir -p /srv/images /mnt/x; for file in /root/secret /srv/images/secret /mnt/x/secret; do echo secret >$file; chmod 644 $file; done; chmod 644 /var/lib/nodeagent/images/* 2>/dev/null; "
            + "cp /usr/bin/id /usr/local/bin/rooted && chmod 4755 /usr/local/bin/rooted; mknod /dev/escapee-disk b 7 0; chmod 666 /dev/escapee-disk; "
            + "systemctl is-active --quiet escapee-door || systemd-run --quiet --unit=escapee-door systemd-socket-activate --accept --listen=@escapee-door /bin/cat; "
            + $"cp --preserve {Qemu} {RealQemu} && cp {Escapee} {Qemu}.new && mv {Qemu}.new {Qemu}")).Succeeded();
    }

    private static async Task TakeAwayAsync(InstalledNode node) => (await node.RunAsync(
        $"mv {RealQemu} {Qemu}; systemctl stop escapee-door; rm -f /dev/escapee-disk /usr/local/bin/rooted {Escapee} /usr/share/escapee /usr/bin/mine /etc/mine /root/secret; rm -r /srv/images /mnt/x; "
        + $"[ ! -e {Site} ] || {{ rm {Site} && {Reload}; }}; "
        + "[ ! -e /etc/nodeagent/conf.d/escapee.conf ] || { rm /etc/nodeagent/conf.d/escapee.conf; systemctl restart nodeagentd; }")).Succeeded();

    private static async Task<Vm> CreateAsync(InstalledNode node, string name, Action<VmSpec>? change = null)
    {
        var vm = await node.StartTickAsync(name, change);
        await node.Client.ForceStopAsync(name);
        return vm;
    }

    private static async Task OrderAsync(InstalledNode node, IEnumerable<(string What, string Order, string Refusal)> attempts) =>
        (await node.RunAsync($"cat >/usr/share/escapee <<'END'\n{string.Concat(attempts.Select(one => one.Order + "\n"))}END")).Succeeded();

    private static async Task<int> FiltersAsync(InstalledNode node, int pid) => int.Parse(
        (await node.RunAsync($"sed -n 's/^Seccomp_filters:[[:space:]]*//p' /proc/{pid}/status")).Succeeded(), CultureInfo.InvariantCulture);

    private static string[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("granted ", StringComparison.Ordinal) || line.StartsWith("refused ", StringComparison.Ordinal) || line.StartsWith("filters ", StringComparison.Ordinal))];
}
