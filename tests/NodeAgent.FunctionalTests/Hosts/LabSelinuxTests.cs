using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Boxes;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// The RPM on a host whose SELinux enforces. The policy is Debian's form of the reference policy, under the name that
/// Fedora and RHEL give to theirs, which comes from the same reference policy.
/// </summary>
[Trait(Effort.Trait, Effort.WholeOnly)]
public sealed class LabSelinuxTests
{
    private const string Agent = "system_u:system_r:nodeagentd_t:s0", Guest = "system_u:system_r:nodeagent_vm_t:s0";

    [Fact]
    public async Task Agent_and_guests_are_in_domains_of_their_own_and_nobody_is_refused_what_he_needs()
    {
        await using var node = new InstalledNode(await LabHost.StartAsync("lab-selinux", append: "security=selinux selinux=1"));
        (await node.RunAsync("getenforce")).Succeeded().ShouldBe("Enforcing\n");
        await node.Host.CopyInAsync(NodePackages.BuiltRpm, "/root/nodeagent.rpm");
        (await node.RunAsync("rpm --install --nodeps /root/nodeagent.rpm")).Succeeded();
        (await node.RunAsync("semodule --list-modules | grep nodeagent")).Succeeded();

        (await node.RunAsync("systemctl enable --now nodeagentd")).Succeeded();
        var guest = await node.StartTickAsync("web", spec => spec.Accelerator = Accelerator.Kvm);

        (await DomainAsync(node, await node.ShowAsync("MainPID"))).ShouldBe(Agent);
        (await DomainAsync(node, $"{guest.Status.Pid}")).ShouldBe(Guest);
        await TypeIsAsync(node, "/var/lib/nodeagent/ledger.db", "nodeagent_var_lib_t");
        await TypeIsAsync(node, $"{InstalledNode.Images}/web.img", "nodeagent_image_t");
        await TypeIsAsync(node, "/run/nodeagent/api.sock", "nodeagent_run_t");
        await TypeIsAsync(node, "/etc/nodeagent/nodeagentd.conf", "nodeagent_etc_t");

        // Whom others ask: machined has the guest's leader, logind the agent's inhibitor, systemd the guest's unit.
        await node.UntilMachinesAsync(machines => machines.Contains("web"));
        (await node.RunAsync("systemd-inhibit --list --no-legend")).Succeeded().ShouldContain("nodeagentd");
        (await node.RunAsync("nodectl doctor")).Succeeded().ShouldContain("This host is fit.");
        (await node.RunAsync("systemctl restart nodeagentd")).Succeeded();
        await node.UntilServingAsync();
        await UnitConformance.ShouldRunOnAsync(node, guest);
        (await node.RunAsync("machinectl terminate web")).Succeeded();
        (await node.Client.UntilAsync("web", VmState.Stopped)).Status.Exit.Reason.ShouldBe(ExitReason.StoppedByHost);

        // What the domains do beyond their rules is logged and let through; others are refused nothing towards them.
        (await DenialsAsync(node, "permissive=1")).ShouldNotBeEmpty();
        (await DenialsAsync(node, "permissive=0")).ShouldBeEmpty();
        (await node.RunAsync("rpm --erase nodeagent")).Succeeded();
        (await node.RunAsync("semodule --list-modules | grep nodeagent")).ExitCode.ShouldBe(1);
    }

    private static async Task<string> DomainAsync(InstalledNode node, string pid) =>
        (await node.RunAsync($"tr -d '\\0' </proc/{pid}/attr/current")).Succeeded().Trim();

    private static async Task<string> DenialsAsync(InstalledNode node, string how) =>
        (await node.RunAsync($"journalctl --dmesg --quiet --output=cat --grep='avc: +denied.*nodeagent.* {how}'")).Output;

    private static async Task TypeIsAsync(InstalledNode node, string path, string type) =>
        (await node.RunAsync($"stat --format=%C {path}")).Succeeded().Split(':')[2].ShouldBe(type, path);
}
