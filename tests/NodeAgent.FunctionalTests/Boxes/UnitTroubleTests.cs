using System.Diagnostics;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>Hosts on which a VM's unit does not start as it should.</summary>
public sealed class UnitTroubleTests
{
    // A forced stop is carried out within a tenth of a second; the rest is for a machine that is busy with other tests.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData("chmod 600 /dev/kvm", "mode 0600")]
    [InlineData("chgrp root /dev/kvm", "group 0")]
    public async Task Kvm_that_only_root_can_open_is_told_and_refused_with_the_remedy(string change, string reason)
    {
        Guest.NeedsKvm();
        await using var node = await NodeBox.StartAsync();
        (await ConditionAsync(node)).Status.ShouldBe(ConditionStatus.True);
        await node.Client.CreateAsync(Guest.Empty("web", Accelerator.Kvm));

        (await node.RunAsync(change)).Succeeded();

        var condition = await ConditionAsync(node);
        condition.Status.ShouldBe(ConditionStatus.False);
        condition.Reason.ShouldBe("KvmDeviceClosed");
        condition.Severity.ShouldBe(ConditionSeverity.Error);
        condition.Message.ShouldContain(reason);
        (await node.RunAsync("nodectl doctor")).Output.ShouldContain("chgrp kvm /dev/kvm && chmod 660 /dev/kvm");
        var failed = await node.Client.WaitForEndAsync(await node.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "web", Paused = true }));
        failed.Error.Message.ShouldContain(reason);
        failed.Error.Message.ShouldContain("chgrp kvm /dev/kvm && chmod 660 /dev/kvm");

        // What is advised helps, without a restart of anything.
        (await node.RunAsync("chgrp kvm /dev/kvm && chmod 660 /dev/kvm")).Succeeded();
        (await node.Client.StartAsync("web", paused: true)).Status.State.ShouldBe(VmState.Paused);
        (await ConditionAsync(node)).Status.ShouldBe(ConditionStatus.True);
    }

    [Fact]
    public async Task Start_that_hangs_with_systemd_is_cut_off_at_once_and_its_unit_ends_by_itself()
    {
        await using var node = await NodeBox.StartAsync();
        await node.Client.CreateAsync(Guest.Empty("web"));
        var systemd = node.Box.Leader;
        (await Command.RunAsync("kill", ["-STOP", $"{systemd}"])).Succeeded();
        try
        {
            var starting = await node.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "web", Paused = true });
            await UntilPhaseAsync(node.Client, starting, "spawn");
            var began = Stopwatch.GetTimestamp();

            var stopped = await node.Client.ForceStopAsync("web");

            Stopwatch.GetElapsedTime(began).ShouldBeLessThan(Soon);
            stopped.Status.State.ShouldBe(VmState.Stopped);
        }
        finally
        {
            (await Command.RunAsync("kill", ["-CONT", $"{systemd}"])).Succeeded();
        }

        // systemd carries out what it was asked for meanwhile; the unit finds its door closed, and goes.
        var again = await node.Client.StartAsync("web", paused: true);
        again.Status.State.ShouldBe(VmState.Paused);
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while ((await node.RunAsync("systemctl list-units --all --plain --no-legend 'nodeagent-vm-*'")).Output.Trim().Split('\n').Length != 1)
        {
            await Task.Delay(50, limit.Token);
        }

        (await node.Client.GetAsync("web")).Status.State.ShouldBe(VmState.Paused);
        (await node.Client.ForceStopAsync("web")).Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
    }

    private static async Task<Condition> ConditionAsync(NodeBox node) =>
        (await node.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Conditions.Single(one => one.Type == "KvmOpenToGuests");

    private static async Task UntilPhaseAsync(AgentClient client, Operation operation, string phase)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (!operation.Metadata.Unpack<OperationMetadata>().Phase.StartsWith(phase, StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
            operation = await client.Operations.GetOperationAsync(new GetOperationRequest { Name = operation.Name });
        }
    }
}
