using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>A node is who it is by its id, whatever its host is called.</summary>
public sealed class IdentityTests
{
    [Fact]
    public async Task Host_that_is_called_otherwise_is_told_and_is_the_same_node()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/unshare") && File.Exists("/usr/bin/hostname"), "only root gives a process a host name of its own");
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        var before = await leader.UntilNodeAsync(id, node => node.VmsRunning == 1, "running a VM");

        await agent.KillAsync();
        agent.Service = new ServiceSetting { Before = ["/usr/bin/unshare", "--uts", "/bin/sh", "-c", "/usr/bin/hostname renamed && exec \"$0\" \"$@\""] };
        await agent.StartAgainAsync();

        var told = await agent.Client.UntilEventAsync("", "node.identity-changed");
        told.Details.Fields["hostname"].StringValue.ShouldBe("renamed");
        told.Details.Fields["hostname_before"].StringValue.ShouldBe(before.Hostname);
        var after = await leader.UntilNodeAsync(id, node => node.Hostname == "renamed" && node.VmsRunning == 1, "known by its new name");
        after.CertificateSerial.ShouldBe(before.CertificateSerial);
        (await leader.UntilEventsAsync(id, told.Sequence)).ShouldContain(told);
        var now = await agent.Client.GetAsync(vm.Id);
        (now.Status.State, now.Status.Pid).ShouldBe((VmState.Running, vm.Status.Pid));
    }
}
