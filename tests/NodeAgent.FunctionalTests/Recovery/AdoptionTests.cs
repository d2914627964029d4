using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Recovery;

/// <summary>The agent goes and comes back; the guests stay, and what they did meanwhile is found out.</summary>
public sealed class AdoptionTests
{
    /// <summary>SIGSTOP, SIGCONT.</summary>
    private const int Freeze = 19, Thaw = 18;

    [Fact]
    public async Task Guest_goes_on_while_the_agent_is_away_and_its_console_comes_back_with_it()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.Client.UntilPrintedAsync("tick", "tick 3\r\n");

        await agent.KillAsync();
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        await agent.StartAgainAsync();

        // A second of ticks came and went unheard; a guest that was held up would go on with the next number.
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "tick");
        var heard = await console.UntilAsync("tick ") + (await console.UntilAsync("\r\n"))["tick ".Length..];
        int.Parse(heard[(heard.LastIndexOf("tick ", StringComparison.Ordinal) + 5)..].Trim()).ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData("o", ExitReason.GuestShutdown, "vm.guest-shutdown")]
    [InlineData("p", ExitReason.GuestPanic, "vm.guest-panicked")]
    public async Task What_a_guest_did_to_itself_meanwhile_is_asked_and_told(string letter, ExitReason reason, string told)
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "obey");
        spec.Spec.OnPanic = PanicAction.Stop;
        var vm = await agent.Client.CreateAndStartAsync(spec);
        await agent.Client.UntilPrintedAsync("obey", Guest.ObeyGreeting);
        await agent.KillAsync();
        await DirectConsole.TypeAsync(agent, vm.Id, letter);

        await agent.StartAgainAsync();

        var found = await agent.Client.UntilAsync("obey", VmState.Stopped);
        found.Status.Exit.Reason.ShouldBe(reason);
        foreach (var kind in new[] { told, "vm.stopped" })
        {
            await agent.Client.UntilEventAsync("obey", kind);
            (await agent.Client.ListEventsAsync("obey", kind)).ShouldHaveSingleItem().Recovered.ShouldBeTrue(kind);
        }
    }

    [Fact]
    public async Task Panic_meanwhile_is_told_and_followed_by_the_reset_that_the_spec_wants()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "obey");
        spec.Spec.OnPanic = PanicAction.Reset;
        var vm = await agent.Client.CreateAndStartAsync(spec);
        await agent.Client.UntilPrintedAsync("obey", Guest.ObeyGreeting);
        await agent.KillAsync();
        await DirectConsole.TypeAsync(agent, vm.Id, "p");

        await agent.StartAgainAsync();

        await agent.Client.UntilEventAsync("obey", "vm.reset");
        (await agent.Client.ListEventsAsync("obey", "vm.guest-panicked")).ShouldHaveSingleItem().Recovered.ShouldBeTrue();
        (await agent.Client.UntilAsync("obey", VmState.Running)).Status.Pid.ShouldBe(vm.Status.Pid);
    }

    [Fact]
    public async Task Process_that_got_the_pid_of_a_dead_guest_is_nobodys_vm()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may choose the next pid");
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("victim"), paused: true);
        await agent.KillAsync();
        await KillQemuAsync(vm.Status.Pid);
        using var stranger = await ReusedPid.TakeAsync(vm.Status.Pid);

        await agent.StartAgainAsync();

        Assert.SkipWhen(stranger is null, "the kernel would not give the pid again");
        var found = await agent.Client.GetAsync("victim");
        found.Status.State.ShouldBe(VmState.Stopped);
        found.Status.Pid.ShouldBe(0);
        await agent.Client.StartAsync("victim", paused: true);
        await agent.Client.ForceStopAsync("victim");
        stranger!.IsAlive.ShouldBeTrue();
    }

    [Fact]
    public async Task Frozen_guest_is_unknown_and_not_stopped_until_it_answers()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        using var qemu = PidFd.TryOpen(vm.Status.Pid)!;
        await agent.KillAsync();
        qemu.Send(Freeze);

        await agent.StartAgainAsync();

        var frozen = await agent.Client.GetAsync("tick");
        frozen.Status.State.ShouldBe(VmState.Unknown);
        frozen.Status.Pid.ShouldBe(vm.Status.Pid);
        qemu.Send(Thaw);
        var thawed = await agent.Client.UntilAsync("tick", VmState.Running);
        thawed.Status.Pid.ShouldBe(vm.Status.Pid);
        thawed.Status.RunId.ShouldBe(vm.Status.RunId);
    }

    [Fact]
    public async Task Qemu_that_the_ledger_does_not_know_is_quarantined_and_not_touched()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.KillAsync();
        Directory.Delete(agent.StateDirectory, recursive: true);

        await agent.StartAgainAsync();

        var stray = (await agent.Client.ListAsync()).Single();
        stray.Id.ShouldBe(vm.Id);
        stray.Status.State.ShouldBe(VmState.Quarantined);
        using var qemu = PidFd.TryOpen(vm.Status.Pid)!;
        qemu.HasExited.ShouldBeFalse();

        // Its owner ends it; the next agent has nothing to show and clears away.
        await agent.StopAsync();
        await KillQemuAsync(vm.Status.Pid);
        await agent.StartAgainAsync();
        (await agent.Client.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Operation_that_the_agents_end_interrupted_is_not_forgotten()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await using (var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true))
        {
            await console.UntilAsync(Guest.ObeyGreeting);
            await console.TypeAsync("d");
            await console.UntilAsync("deaf");
        }

        var waiting = await agent.Client.Vms.ShutdownVmAsync(new ShutdownVmRequest { Vm = "obey" });
        await agent.KillAsync();
        await agent.StartAgainAsync();

        var ended = await agent.Client.WaitForEndAsync(waiting);
        ended.Error.ShouldNotBeNull();
        (await agent.Client.GetAsync("obey")).Status.State.ShouldBe(VmState.Running);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Guest_outlives_a_damaged_ledger(bool torn)
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.KillAsync();
        foreach (var file in Directory.EnumerateFiles(agent.StateDirectory, "*.db*"))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            if (torn)
            {
                await File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)]);
            }
            else
            {
                new Random(1).NextBytes(bytes.AsSpan(0, Math.Min(bytes.Length, 4096)));
                await File.WriteAllBytesAsync(file, bytes);
            }
        }

        await agent.StartAgainAsync();

        var found = (await agent.Client.ListAsync()).Single();
        found.Id.ShouldBe(vm.Id);
        found.Status.State.ShouldBeOneOf(VmState.Running, VmState.Quarantined);
        using var qemu = PidFd.TryOpen(vm.Status.Pid)!;
        qemu.HasExited.ShouldBeFalse();
        if (found.Status.State is VmState.Quarantined)
        {
            await agent.StopAsync();
            await KillQemuAsync(vm.Status.Pid);
            await agent.StartAgainAsync();
        }
    }

    private static async Task KillQemuAsync(int pid)
    {
        using var qemu = PidFd.TryOpen(pid)!;
        var ended = ExitWatch.WaitAsync(qemu);
        qemu.Send(PidFd.Kill);
        await ended.WaitAsync(AgentClient.Patience);
    }
}
