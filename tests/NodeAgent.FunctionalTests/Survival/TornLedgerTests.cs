using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The ledger's file is ruined while the agent is away: the guests outlive that, too.</summary>
public sealed class TornLedgerTests
{
    [Theory]
    [InlineData("garbage", false)]
    [InlineData("garbage", true)]
    [InlineData("truncated", false)]
    [InlineData("truncated", true)]
    [InlineData("zeros", true)]
    [InlineData("empty", true)]
    [InlineData("gone", true)]
    public async Task Agent_starts_on_a_ruined_ledger_and_kills_nobody(string damage, bool withLog)
    {
        await using var agent = await Agent.StartAsync();
        var vms = new List<Vm>();
        for (var number = 0; number < 3; number++)
        {
            vms.Add(await agent.Client.CreateAndStartAsync(Qemus.Cheap($"vm-{number}"), paused: true));
        }

        await agent.KillAsync();
        var ledger = Path.Combine(agent.StateDirectory, "ledger.db");
        foreach (var file in Directory.GetFiles(agent.StateDirectory, "ledger.db*").Where(file => withLog || file == ledger))
        {
            Ruin(file, damage);
        }

        try
        {
            await agent.StartAgainAsync();

            vms.Select(vm => Qemus.Of(vm.Id)).ShouldAllBe(pids => pids.Count == 1);
            var shown = (await agent.Client.ListAsync()).ToDictionary(vm => vm.Id);
            foreach (var before in vms)
            {
                Qemus.Of(before.Id).ShouldBe([before.Status.Pid]);
                var now = shown[before.Id];
                now.Status.State.ShouldBeOneOf([VmState.Paused, VmState.Quarantined], $"{now}");
                if (now.Status.State is VmState.Quarantined)
                {
                    now.Status.Message.ShouldContain($"{before.Status.Pid}");
                }
            }

            await ShouldBeToldAsync(agent, shown.Values, damage, withLog);
            var after = await agent.Client.CreateAndStartAsync(Qemus.Cheap("afterwards"), paused: true);
            Qemus.ShouldAgree(after);
            await agent.Client.ForceStopAsync(after.Id);
        }
        finally
        {
            await ClearAwayAsync(agent, vms);
        }
    }

    private static async Task ShouldBeToldAsync(Agent agent, Dictionary<string, Vm>.ValueCollection shown, string damage, bool withLog)
    {
        var nothingIsLeft = withLog && damage is not "truncated";
        shown.Count(vm => vm.Status.State is VmState.Quarantined).ShouldBeInRange(nothingIsLeft ? shown.Count : 0, shown.Count);

        // A file whose end is missing is whole again where all of that was still in the log: then there is nothing to tell.
        var whole = (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Conditions.Single(one => one.Type == "LedgerWhole");
        var salvages = await agent.Client.ListEventsAsync("", "ledger.salvaged");
        if (salvages.Count == 0)
        {
            (damage, withLog).ShouldBe(("truncated", false));
            shown.ShouldAllBe(vm => vm.Status.State == VmState.Paused);
            whole.Status.ShouldBe(ConditionStatus.True);
            return;
        }

        salvages.ShouldHaveSingleItem().Severity.ShouldBe(EventSeverity.Error);
        whole.Status.ShouldBe(ConditionStatus.False);
        whole.Remedy.ShouldNotBeEmpty();
        agent.ReadLog().ShouldContain("is damaged and will be set aside");
        (Directory.GetFiles(agent.StateDirectory, "ledger.db.damaged-*").Length > 0).ShouldBe(damage is not "gone");
    }

    private static void Ruin(string file, string damage)
    {
        using var bytes = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        var content = new byte[bytes.Length];
        switch (damage)
        {
            case "garbage":
                new Random(42).NextBytes(content);
                bytes.Write(content);
                break;
            case "zeros":
                bytes.Write(content);
                break;
            case "truncated":
                bytes.SetLength(bytes.Length / 3);
                break;
            case "empty":
                bytes.SetLength(0);
                break;
            case "gone":
                File.Delete(file);
                break;
        }
    }

    /// <summary>The agent touches no process that it cannot prove, and no directory of a VM that it has no record of: here the test does.</summary>
    private static async Task ClearAwayAsync(Agent agent, IEnumerable<Vm> vms)
    {
        await agent.KillAsync();
        (await Qemus.KillAllAsync(vms.Select(vm => vm.Id))).ShouldBeTrue();
        await agent.StartAgainAsync();
        foreach (var forgotten in vms.Select(vm => Path.Combine(agent.RunDirectory, "vms", vm.Id)).Where(Directory.Exists))
        {
            Directory.Delete(forgotten, recursive: true);
        }
    }
}
