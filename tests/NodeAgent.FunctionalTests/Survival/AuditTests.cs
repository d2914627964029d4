using System.Collections.Concurrent;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>What was done is on record, whatever happens to the agent; and what happens to the record shows.</summary>
public sealed class AuditTests
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData(20261129)]
    [Trait(Effort.Trait, Effort.Scaled)]
    public async Task No_kill_of_the_agent_parts_a_change_from_its_record(int seed)
    {
        var random = new Random(seed);
        await using var agent = await Agent.StartAsync();
        var acknowledged = new ConcurrentBag<string>();
        var rounds = Effort.Pick(6, 40);
        for (var round = 0; round < rounds; round++)
        {
            var vm = (await agent.Client.CreateAsync(Qemus.Cheap($"vm-{round}"))).Id;
            var asked = Enumerable.Range(0, 6).Select(number => ChangeAsync(agent, vm, $"{round}-{number}", acknowledged, random.Next(0, 80))).ToArray();
            await Task.Delay(random.Next(0, 120));
            await agent.KillAsync();
            await Task.WhenAll(asked);
            await agent.StartAgainAsync();
        }

        foreach (var running in (await agent.Client.Operations.ListOperationsAsync(new ListOperationsRequest { Filter = "done=false", PageSize = 1000 })).Operations)
        {
            await agent.Client.WaitForEndAsync(running);
        }

        var records = await RecordsAsync(agent);
        var operations = (await agent.Client.Operations.ListOperationsAsync(new ListOperationsRequest { PageSize = 1000 })).Operations;
        operations.ShouldNotBeEmpty();
        foreach (var operation in operations.Select(operation => operation.Name["operations/".Length..]))
        {
            records.Count(record => record.OperationId == operation && record.Kind is (AuditKind.Call or AuditKind.Agent)).ShouldBe(1, operation);
            records.Count(record => record.OperationId == operation && record.Kind is AuditKind.End).ShouldBeLessThanOrEqualTo(1, operation);
        }

        (await agent.Client.ListAsync()).ShouldAllBe(vm => records.Any(record => record.Method == "VmService/CreateVm" && record.VmId == vm.Id && record.Result == "OK"));
        acknowledged.ShouldNotBeEmpty();
        acknowledged.ShouldAllBe(request => records.Any(record => record.RequestId == request));
        (await new Nodectl(agent).RunAsync("audit", "verify")).Succeeded().ShouldContain("whole");
    }

    [Theory]
    [InlineData("naive", true)]
    [InlineData("changed", true)]
    [InlineData("removed", true)]
    [InlineData("swapped", true)]
    [InlineData("cut-off", false)]
    [InlineData("rewritten", false)]
    public async Task Log_that_somebody_wrote_in_is_found_out(string how, bool showsByItself)
    {
        Assert.SkipUnless(File.Exists(Python), "Debian's python3 is not there; make setup installs it");
        await using var agent = await Agent.StartAsync();
        for (var number = 0; number < 10; number++)
        {
            await agent.Client.CreateAsync(Qemus.Cheap($"vm-{number}"));
        }

        var nodectl = new Nodectl(agent);
        await agent.StopAsync();
        await agent.StartAgainAsync();
        (await nodectl.RunAsync("audit", "verify")).Succeeded();
        var kept = (await nodectl.RunAsync("audit", "head")).Succeeded().Trim();
        await agent.StopAsync();
        var middle = (await Command.RunAsync(Python, [Path.Combine(Artifacts.Tree, "tests/NodeAgent.FunctionalTests/Survival/forge.py"), Path.Combine(agent.StateDirectory, "ledger.db"), how])).Succeeded().Trim();
        await agent.StartAgainAsync();

        var alone = await nodectl.RunAsync("audit", "verify");
        var since = await nodectl.RunAsync("audit", "verify", "--since", kept);

        alone.ExitCode.ShouldBe(showsByItself ? 1 : 0, alone.Output + alone.Errors);
        if (showsByItself)
        {
            alone.Output.ShouldContain($"broken, first at record {middle}:");
        }
        else
        {
            since.ExitCode.ShouldBe(1, since.Output + since.Errors);
        }

        // Broken or not, it goes on.
        await agent.Client.CreateAsync(Qemus.Cheap("afterwards"));
        (await RecordsAsync(agent))[^1].Subject.ShouldBe("afterwards");
    }

    [Fact]
    public async Task A_flood_of_refusals_leaves_a_handful_of_records_and_the_journal_has_each()
    {
        await using var agent = await Agent.StartAsync();
        for (var i = 0; i < 40; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
            {
                using var call = agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "nobody" });
                await ((Task)call.ResponseAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }));
        }

        await agent.StopAsync();
        await agent.StartAgainAsync();

        var refusals = (await RecordsAsync(agent)).Where(record => record.Kind is AuditKind.Refusal).ToList();
        refusals.Count.ShouldBeLessThan(12);
        refusals.Sum(record => record.Count).ShouldBe(2_000);
        agent.ReadLog().Split('\n').Count(line => line.Contains("StartVm nobody", StringComparison.Ordinal)).ShouldBe(refusals.Count);
    }

    private static async Task ChangeAsync(Agent agent, string vm, string name, ConcurrentBag<string> acknowledged, int milliseconds)
    {
        var (client, request) = (agent.Client, AgentClient.NewId());
        await Task.Delay(milliseconds);
        try
        {
            _ = name[^1] switch
            {
                '0' => (object)await client.Vms.StartVmAsync(new StartVmRequest { Vm = vm, Paused = true, RequestId = request }),
                '1' or '2' => await client.Vms.CreateVmAsync(new CreateVmRequest { Vm = Qemus.Cheap($"more-{name}"), RequestId = request }),
                '3' => await client.Vms.StopVmAsync(new StopVmRequest { Vm = vm, Force = true, RequestId = request }),
                '4' => await client.Nodes.EnterMaintenanceAsync(new EnterMaintenanceRequest { Reason = name, RequestId = request }),
                _ => await client.Nodes.ExitMaintenanceAsync(new ExitMaintenanceRequest { RequestId = request }),
            };
            acknowledged.Add(request);
        }
        catch (RpcException)
        {
            // Nobody was there to answer, or it was refused: then nothing was promised.
        }
    }

    private static async Task<IReadOnlyList<AuditRecord>> RecordsAsync(Agent agent)
    {
        var records = new List<AuditRecord>();
        while (true)
        {
            var page = await agent.Client.Audit.ListAuditRecordsAsync(new ListAuditRecordsRequest { PageSize = 1000, AfterSequence = records.Count == 0 ? 0 : records[^1].Sequence });
            records.AddRange(page.Records);
            if (page.NextPageToken.Length == 0)
            {
                return records;
            }
        }
    }
}
