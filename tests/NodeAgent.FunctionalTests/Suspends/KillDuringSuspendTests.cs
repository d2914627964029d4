using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.FunctionalTests.Survival;
using NodeAgent.LongRunning;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Suspends;

/// <summary>The agent is killed at any moment of a suspend and of a resume. The guest is booted once, and loses nothing.</summary>
public sealed class KillDuringSuspendTests
{
    [Theory]
    [InlineData(20261124)]
    [Trait(Effort.Trait, Effort.Scaled)]
    public async Task Guest_counts_on_whenever_the_agent_is_killed(int seed)
    {
        var random = new Random(seed);
        await using var agent = await Agent.StartAsync();
        var id = (await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick", machine: "pc"))).Id;
        await agent.Client.UntilPrintedAsync("tick", "tick 2\r\n");
        var (suspended, running) = (0, 0);
        for (var round = 0; round < Effort.Pick(12, 120); round++)
        {
            var stopped = (await agent.Client.GetAsync("tick")).Status.State is VmState.Stopped;
            var asked = TryAsync(stopped
                ? () => agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "tick", RequestId = AgentClient.NewId() })
                : () => agent.Client.Vms.SuspendVmAsync(new SuspendVmRequest { Vm = "tick", RequestId = AgentClient.NewId() }));
            await Task.Delay(random.Next(0, stopped ? 250 : 60), TestContext.Current.CancellationToken);
            await agent.KillAsync();
            await asked;
            await agent.StartAgainAsync();

            foreach (var open in (await agent.Client.Operations.ListOperationsAsync(new ListOperationsRequest { Filter = "done=false" })).Operations)
            {
                await agent.Client.WaitForEndAsync(open);
            }

            var vm = await agent.Client.UntilAsync("tick", now => now.Status.State is VmState.Running || (now.Status.State is VmState.Stopped && now.Status.SavedState is not null), "running or suspended");
            Qemus.ShouldAgree(vm);
            SuspendTests.Files(agent).Length.ShouldBe(vm.Status.SavedState is null ? 0 : 1, $"round {round}: {vm.Status}");
            _ = vm.Status.State is VmState.Running ? running++ : suspended++;
        }

        if ((await agent.Client.GetAsync("tick")).Status.State is VmState.Stopped)
        {
            await agent.Client.StartAsync("tick");
        }

        // The newest tick that is kept may be from before an agent's absence, and the next ones lost with it: any later one will do.
        var stood = Ticks.Last(await agent.Client.ReadConsoleLogAsync("tick"));
        var console = await UntilAsync(agent, now => Ticks.Last(now) >= stood + 3);
        console.Split(Guest.TickGreeting).Length.ShouldBe(2, $"it was booted once:\n{console}");
        Qemus.Of(id).Count.ShouldBe(1);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}: after kills {suspended} times suspended, {running} times running");
    }

    [Theory]
    [InlineData("migrate-incoming")]
    [InlineData("cont")]
    public async Task Resume_that_an_agent_began_is_finished_by_the_next(string stuckAt)
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration with { CommandTimeout = "60s" });
        await agent.Client.CreateAndStartAsync(Guest.Empty("web"));
        await SuspendTests.SuspendAsync(agent, "web");
        qemu.Play(new { on = stuckAt, @do = "silence", times = 1 });
        var start = await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "web", RequestId = AgentClient.NewId() });
        await qemu.UntilMetAsync(stuckAt);

        await agent.KillAsync();
        SuspendTests.Files(agent).Length.ShouldBe(1);
        await agent.StartAgainAsync();

        (await agent.Client.UntilAsync("web", VmState.Running)).Status.SavedState.ShouldBeNull();
        await agent.Client.WaitAsync(start);
        SuspendTests.Files(agent).ShouldBeEmpty();
        (await agent.Client.ListEventsAsync("web")).Count(one => one.Kind == "vm.restored").ShouldBe(1);
    }

    [Fact]
    public async Task Resume_whose_QEMU_is_gone_too_has_failed_and_the_state_is_kept()
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration with { CommandTimeout = "60s" });
        var id = (await agent.Client.CreateAndStartAsync(Guest.Empty("web"))).Id;
        await SuspendTests.SuspendAsync(agent, "web");
        qemu.Play(new { on = "migrate-incoming", @do = "silence", times = 1 });
        var start = await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "web", RequestId = AgentClient.NewId() });
        await qemu.UntilMetAsync("migrate-incoming");

        await agent.KillAsync();
        (await Qemus.KillAllAsync([id])).ShouldBeTrue();
        await agent.StartAgainAsync();

        (await agent.Client.WaitForEndAsync(start)).Error.ShouldNotBeNull();
        (await agent.Client.GetAsync("web")).Status.SavedState.ShouldNotBeNull();
        qemu.Play();
        (await agent.Client.StartAsync("web")).Status.State.ShouldBe(VmState.Running);
        (await agent.Client.ListEventsAsync("web")).Count(one => one.Kind == "vm.restored").ShouldBe(1);
    }

    [Fact]
    public async Task Resume_that_the_next_agent_cannot_finish_has_failed_and_the_state_is_kept()
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration with { CommandTimeout = "60s" });
        await agent.Client.CreateAndStartAsync(Guest.Empty("web"));
        await SuspendTests.SuspendAsync(agent, "web");
        qemu.Play(new { on = "migrate-incoming", @do = "silence", times = 1 }, new { on = "migrate-incoming", @do = "error" });
        var start = await agent.Client.Vms.StartVmAsync(new StartVmRequest { Vm = "web", RequestId = AgentClient.NewId() });
        await qemu.UntilMetAsync("migrate-incoming");

        await agent.KillAsync();
        await agent.StartAgainAsync();

        (await agent.Client.WaitForEndAsync(start)).Error.ShouldNotBeNull();
        var stopped = await agent.Client.UntilAsync("web", VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.StartFailed);
        stopped.Status.SavedState.ShouldNotBeNull();
        SuspendTests.Files(agent).Length.ShouldBe(1);
        qemu.Play();
        (await agent.Client.StartAsync("web")).Status.State.ShouldBe(VmState.Running);
        (await agent.Client.ListEventsAsync("web")).Count(one => one.Kind == "vm.restored").ShouldBe(1);
    }

    [Fact]
    public async Task Save_that_one_agent_began_and_one_began_to_take_back_is_taken_back_by_the_third()
    {
        using var qemu = new FakeQemu();
        qemu.Play(new { on = "migrate", @do = "migrationHangs" }, new { on = "migrate_cancel", @do = "silence", times = 1 });
        await using var agent = await Agent.StartAsync(qemu.Configuration with { CommandTimeout = "60s" });
        await agent.Client.CreateAndStartAsync(Guest.Empty("web"));
        var suspend = await agent.Client.Vms.SuspendVmAsync(new SuspendVmRequest { Vm = "web", RequestId = AgentClient.NewId() });
        await UntilPhaseAsync(agent, suspend, "save");

        await agent.KillAsync();
        await agent.StartAgainAsync();
        await qemu.UntilMetAsync("migrate_cancel");
        (await agent.Client.WaitForEndAsync(suspend)).Error.Message.ShouldContain("the guest goes on");
        await agent.KillAsync();
        await agent.StartAgainAsync();

        (await agent.Client.UntilAsync("web", VmState.Running)).Status.SavedState.ShouldBeNull();
    }

    [Fact]
    public async Task Save_that_an_agent_began_is_taken_back_by_the_next()
    {
        using var qemu = new FakeQemu();
        qemu.Play(new { on = "migrate", @do = "migrationHangs" });
        await using var agent = await Agent.StartAsync(qemu.Configuration);
        await agent.Client.CreateAndStartAsync(Guest.Empty("web"));
        var suspend = await agent.Client.Vms.SuspendVmAsync(new SuspendVmRequest { Vm = "web", RequestId = AgentClient.NewId() });
        await UntilPhaseAsync(agent, suspend, "save");

        await agent.KillAsync();
        SuspendTests.Files(agent).Length.ShouldBe(1, "it is torn, and was left behind");
        await agent.StartAgainAsync();

        (await agent.Client.UntilAsync("web", VmState.Running)).Status.SavedState.ShouldBeNull();
        (await agent.Client.WaitForEndAsync(suspend)).Error.Message.ShouldContain("the guest goes on");
        SuspendTests.Files(agent).ShouldBeEmpty();
    }

    private static async Task<string> UntilAsync(Agent agent, Func<string, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        string console;
        while (!isWanted(console = await agent.Client.ReadConsoleLogAsync("tick")))
        {
            await Task.Delay(50, limit.Token);
        }

        return console;
    }

    private static async Task UntilPhaseAsync(Agent agent, Operation operation, string phase)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while ((await agent.Client.Operations.GetOperationAsync(new GetOperationRequest { Name = operation.Name })).Metadata.Unpack<OperationMetadata>().Phase != phase)
        {
            // A phase is no event: it is read as often as somebody asks.
            await Task.Delay(10, limit.Token);
        }
    }

    private static async Task TryAsync(Func<AsyncUnaryCall<Operation>> ask)
    {
        try
        {
            await ask();
        }
        catch (RpcException)
        {
            // Nobody was there to answer, or no more. What has become of the guest is what this is about.
        }
    }
}
