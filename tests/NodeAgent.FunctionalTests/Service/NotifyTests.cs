using Grpc.Health.V1;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;
using Serving = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace NodeAgent.FunctionalTests.Service;

/// <summary>What the native agent tells a service manager.</summary>
public sealed class NotifyTests
{
    /// <summary>SIGSTOP, SIGCONT.</summary>
    private const int Freeze = 19, Thaw = 18;

    [Fact]
    public async Task Ready_is_said_when_guests_are_adopted_and_the_status_follows_them()
    {
        using var manager = new NotifyListener();
        await using var agent = Agent.Create();
        agent.Service = new ServiceSetting { Variables = [manager.Variable] };
        await agent.StartAgainAsync();
        (await manager.UntilAsync("READY=1")).ShouldBe("READY=1\nSTATUS=no VMs; ledger ok");
        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        await manager.UntilAsync("STATUS=1 VM paused; ledger ok");
        await agent.KillAsync();

        agent.Launch();

        var before = new List<string>();
        (await manager.UntilAsync("READY=1", before)).ShouldBe("READY=1\nSTATUS=1 VM paused; ledger ok");
        before.ShouldContain("STATUS=Starting: looking after the guests");
        (await agent.Client.GetAsync("one")).Status.Pid.ShouldBe(vm.Status.Pid);

        await agent.Client.ForceStopAsync("one");
        await manager.UntilAsync("STATUS=1 VM stopped; ledger ok");
        await agent.StopAsync();
        (await manager.UntilAsync("STOPPING=1")).ShouldContain("STATUS=Stopping; guests run on");
        await agent.StartAgainAsync();
    }

    [Fact]
    public async Task Ready_waits_for_a_guest_that_is_silent_until_it_is_known_to_be()
    {
        using var manager = new NotifyListener();
        await using var agent = Agent.Create();
        await agent.StartAgainAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        using var qemu = PidFd.TryOpen(vm.Status.Pid)!;
        await agent.KillAsync();
        qemu.Send(Freeze);
        agent.Service = new ServiceSetting { Variables = [manager.Variable] };

        agent.Launch();

        await manager.UntilAsync("STATUS=Starting: looking after the guests");
        (await agent.Client.Health.CheckAsync(new HealthCheckRequest())).Status.ShouldBe(Serving.NotServing);
        (await manager.UntilAsync("READY=1")).ShouldBe("READY=1\nSTATUS=1 VM unknown; ledger ok");
        qemu.Send(Thaw);
        await manager.UntilAsync("STATUS=1 VM paused; ledger ok");
    }

    [Fact]
    public async Task A_reload_is_told_and_a_failed_one_stays_in_the_status()
    {
        using var manager = new NotifyListener();
        await using var agent = Agent.Create();
        agent.Service = new ServiceSetting { Variables = [manager.Variable] };
        await agent.StartAgainAsync();
        await manager.UntilAsync("READY=1");
        var good = await File.ReadAllTextAsync(agent.ConfigurationFile);

        await File.WriteAllTextAsync(agent.ConfigurationFile, good + "\nno_such_key = 1\n");
        agent.Reload();
        (await manager.UntilAsync("RELOADING=1")).ShouldMatch(@"^RELOADING=1\nMONOTONIC_USEC=\d+$");
        (await manager.UntilAsync("READY=1")).ShouldContain("the last reload failed (1 fault), the old configuration is in force");

        await File.WriteAllTextAsync(agent.ConfigurationFile, good);
        agent.Reload();
        (await manager.UntilAsync("READY=1")).ShouldBe("READY=1\nSTATUS=no VMs; ledger ok");
    }

    [Fact]
    public async Task The_watchdog_is_fed_whatever_a_qemu_does()
    {
        using var manager = new NotifyListener();
        await using var agent = Agent.Create();
        agent.Service = new ServiceSetting { Variables = [manager.Variable, "WATCHDOG_USEC=1000000"] };
        await agent.StartAgainAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        using var qemu = PidFd.TryOpen(vm.Status.Pid)!;
        qemu.Send(Freeze);

        for (var i = 0; i < 4; i++)
        {
            (await manager.UntilAsync("WATCHDOG")).ShouldBe("WATCHDOG=1");
        }

        qemu.Send(Thaw);
    }

    [Fact]
    public async Task A_start_that_fails_says_why()
    {
        using var manager = new NotifyListener();
        await using var agent = Agent.Create();
        await agent.StartAgainAsync();
        using var second = AgentProcess.Start(
            Artifacts.Nodeagentd, agent.Arguments, Path.Combine(agent.Root, "second.log"), new ServiceSetting { Variables = [manager.Variable] });

        (await manager.UntilAsync("STATUS=Another agent")).ShouldContain($"(process {agent.Process.Pid})");
        (await second.Exited.WaitAsync(AgentClient.Patience)).ExitCode.ShouldBe(1);
    }
}
