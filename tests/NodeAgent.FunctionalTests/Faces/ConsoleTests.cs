using Grpc.Core;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>One serial console, many who look at it; what it said stays when its guest is gone.</summary>
public sealed class ConsoleTests
{
    private const string Prompt = "guest# ";

    [Fact]
    public async Task Three_clients_share_a_console_and_its_history_outlives_guest_and_agent()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        var vm = await agent.Client.CreateAndStartAsync(Guest.Linux());
        await using var first = await ConsoleClient.AttachAsync(agent.Client, "linux", history: true);
        await using var second = await ConsoleClient.AttachAsync(agent.Client, "linux", history: true);
        await first.UntilAsync(Guest.LinuxGreeting);
        await first.UntilAsync(Prompt);
        await second.UntilAsync(Prompt);

        var third = nodectl.TypeAsync("echo joined-$((3 * 3))\n", "vm", "console", "linux", "--history", "--linger", "5s");
        await first.UntilAsync("joined-9\r\n");
        await second.UntilAsync("joined-9\r\n");
        await second.TypeAsync("echo typed-$((6 * 7))\n");
        await first.UntilAsync("typed-42\r\n");
        await second.UntilAsync("typed-42\r\n");

        var seen = (await third).Succeeded();
        seen.ShouldContain(Guest.LinuxGreeting);
        seen.ShouldContain("joined-9");
        seen.ShouldContain("typed-42");

        using (var qemu = PidFd.TryOpen(vm.Status.Pid)!)
        {
            qemu.Send(PidFd.Kill);
        }

        await agent.Client.UntilAsync("linux", VmState.Stopped);
        var log = await agent.Client.ReadConsoleLogAsync("linux");
        log.ShouldContain(Guest.LinuxGreeting);
        log.ShouldContain("typed-42");
        await agent.KillAsync();
        await agent.StartAgainAsync();
        (await agent.Client.ReadConsoleLogAsync("linux")).ShouldBe(log);
        (await nodectl.RunAsync("vm", "logs", "linux", "--tail", "3")).Succeeded().ShouldContain("typed-42");
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Flood_costs_a_reader_nothing_a_sleeper_its_share_and_the_disk_its_bound()
    {
        const int Kept = 8192;
        await using var agent = await Agent.StartAsync();
        using var sleepersAgent = new AgentClient(agent.Socket);
        var spec = Guest.Linux();
        spec.Spec.Console = new ConsoleSpec { HistoryBytes = Kept };
        var vm = await agent.Client.CreateAndStartAsync(spec);
        await agent.Client.UntilPrintedAsync("linux", Prompt);
        using var reader = await SilentReader.AttachAsync(agent.Client, "linux", Prompt);
        using var sleeper = await SilentReader.AttachAsync(sleepersAgent, "linux", Prompt);

        await reader.TypeAsync("seq 1 120000; echo end-$((1 + 1))\n");
        await reader.ReadUntilAsync("end-2\r\n");

        reader.DroppedBytes.ShouldBe(0, "this client read all the time");
        reader.Output.ShouldContain(string.Concat(Enumerable.Range(1, 120000).Select(number => $"{number}\r\n")));
        (await agent.Client.GetAsync("linux")).Status.State.ShouldBe(VmState.Running);
        var history = await agent.Client.ReadConsoleLogAsync("linux");
        history.Length.ShouldBeInRange(Kept / 2, Kept);
        history.ShouldContain("end-2");
        Directory.EnumerateFiles(Path.Combine(agent.StateDirectory, "vms", vm.Id)).Sum(file => new FileInfo(file).Length).ShouldBeLessThanOrEqualTo(Kept);

        // The sleeper wakes: it is told how much it missed, to the byte, and then follows again.
        var woken = sleeper.ReadUntilAsync("awake-4\r\n");
        await reader.TypeAsync("echo awake-$((2 + 2))\n");
        var sent = await reader.ReadUntilAsync("awake-4\r\n");
        (await woken).ShouldBe(sent);
        sleeper.DroppedBytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Client_that_came_to_look_cannot_type()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await using var looker = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true, readOnly: true);
        await looker.UntilAsync(Guest.ObeyGreeting);

        await looker.TypeAsync("x");

        var refusal = await Should.ThrowAsync<RpcException>(looker.UntilEndAsync);
        refusal.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        (await agent.Client.ReadConsoleLogAsync("obey")).ShouldNotContain("heard");
    }

    [Fact]
    public async Task Console_of_a_stopped_vm_shows_its_history_and_refuses_input()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await agent.Client.UntilPrintedAsync("obey", Guest.ObeyGreeting);
        await agent.Client.ForceStopAsync("obey");
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);

        await console.TypeAsync("x");

        var refusal = await Should.ThrowAsync<RpcException>(console.UntilEndAsync);
        refusal.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        refusal.Status.Detail.ShouldContain("does not run");
    }
}
