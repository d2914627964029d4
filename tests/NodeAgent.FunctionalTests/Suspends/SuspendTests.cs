using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.FunctionalTests.Isolation;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Suspends;

/// <summary>A real guest, saved by a real QEMU, that goes on in another one.</summary>
public sealed class SuspendTests
{
    [Theory]
    [InlineData("pc", false)]
    [InlineData("q35", true)]
    public async Task Suspended_guest_goes_on_where_it_stood(string machine, bool qcow2)
    {
        await using var agent = await Agent.StartAsync();
        var first = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick", machine: machine, qcow2: qcow2));
        await agent.Client.UntilPrintedAsync("tick", "tick 5\r\n");

        await SuspendAsync(agent, "tick");

        var suspended = (await agent.Client.GetAsync("tick")).Status;
        suspended.State.ShouldBe(VmState.Stopped);
        suspended.Exit.Reason.ShouldBe(ExitReason.Suspended);
        suspended.SavedState.ByHost.ShouldBeFalse();
        suspended.SavedState.SpecGeneration.ShouldBe(1);
        var file = Files(agent).ShouldHaveSingleItem();
        new FileInfo(file).Length.ShouldBe(suspended.SavedState.SizeBytes);
        var stood = Ticks.Last(await agent.Client.ReadConsoleLogAsync("tick"));

        var second = await agent.Client.StartAsync("tick");

        second.Status.State.ShouldBe(VmState.Running);
        second.Status.RunId.ShouldNotBe(first.Status.RunId);
        second.Status.SavedState.ShouldBeNull();
        Files(agent).ShouldBeEmpty();
        Ticks.ShouldBeOneRun(await agent.Client.UntilPrintedAsync("tick", $"tick {stood + 5}\r\n"));

        // Once more, because a guest that was restored is as good as any.
        await SuspendAsync(agent, "tick");
        stood = Ticks.Last(await agent.Client.ReadConsoleLogAsync("tick"));
        await agent.StopAsync();
        await agent.StartAgainAsync();
        await agent.Client.StartAsync("tick");
        Ticks.ShouldBeOneRun(await agent.Client.UntilPrintedAsync("tick", $"tick {stood + 5}\r\n"));
        (await agent.Client.ListEventsAsync("tick")).Count(one => one.Kind == "vm.restored").ShouldBe(2);
    }

    [Fact]
    public async Task Suspended_guest_under_KVM_goes_on_where_it_stood()
    {
        Guest.NeedsKvm();
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Multiboot(accelerator: Accelerator.Kvm));
        await agent.Client.UntilPrintedAsync("multiboot", "tick 3");

        await SuspendAsync(agent, "multiboot");
        await agent.Client.StartAsync("multiboot");

        var console = await agent.Client.UntilPrintedAsync("multiboot", "tick 9");
        console.Split(Guest.MultibootGreeting).Length.ShouldBe(2, console);
    }

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
    public async Task Linux_does_not_notice()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Linux());
        await using (var console = await ConsoleClient.AttachAsync(agent.Client, "linux", history: true))
        {
            await console.UntilAsync("guest# ");
            await console.TypeAsync("remembered=yes\n");
            await console.UntilAsync("guest# ");
        }

        await SuspendAsync(agent, "linux");
        await agent.Client.StartAsync("linux");

        await using var again = await ConsoleClient.AttachAsync(agent.Client, "linux");
        await again.TypeAsync("echo it is $remembered\n");
        await again.UntilAsync("it is yes");
        (await agent.Client.ShutdownAsync("linux")).Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown, "its devices are there too");
    }

    [Fact]
    public async Task Disk_that_somebody_wrote_to_is_not_gone_on_with()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.Client.UntilPrintedAsync("tick", "tick 3\r\n");
        (await nodectl.RunAsync("vm", "suspend", "tick")).Succeeded().ShouldContain("tick: suspended");
        (await nodectl.RunAsync("vm", "describe", "tick")).Succeeded().ShouldContain("Saved state");
        using (var disk = File.OpenWrite(Path.Combine(agent.Images, "tick.img")))
        {
            disk.Seek(-1, SeekOrigin.End);
            disk.WriteByte(1);
        }

        var refused = await nodectl.RunAsync("vm", "start", "tick");

        refused.Errors.ShouldContain("SAVED_STATE_UNUSABLE");
        refused.Errors.ShouldContain("tick.img");
        (await agent.Client.GetAsync("tick")).Status.SavedState.ShouldNotBeNull();
        (await nodectl.RunAsync("vm", "start", "tick", "--discard-saved-state")).Succeeded();
        Files(agent).ShouldBeEmpty();
        var console = await agent.Client.UntilPrintedAsync("tick", Guest.TickGreeting);
        console.ShouldNotBeEmpty();
        (await agent.Client.GetAsync("tick")).Status.SavedState.ShouldBeNull();
    }

    [Fact]
    public async Task Disk_without_room_is_said_and_the_guest_goes_on()
    {
        using var small = SmallFileSystem.Mount("70m");
        await using var agent = await Agent.StartAsync(new AgentConfiguration { StateDirectory = Path.Combine(small.Path, "state") });
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.Client.UntilPrintedAsync("tick", "tick 3\r\n");

        var failed = await Should.ThrowAsync<OperationFailedException>(() => SuspendAsync(agent, "tick"));

        failed.Message.ShouldContain("MiB free");
        Files(agent).ShouldBeEmpty();
        var stood = Ticks.Last(await agent.Client.ReadConsoleLogAsync("tick"));
        Ticks.ShouldBeOneRun(await agent.Client.UntilPrintedAsync("tick", $"tick {stood + 3}\r\n"));
    }

    internal static async Task SuspendAsync(Agent agent, string vm) =>
        await agent.Client.WaitAsync(await agent.Client.Vms.SuspendVmAsync(new SuspendVmRequest { Vm = vm, RequestId = AgentClient.NewId() }));

    internal static string[] Files(Agent agent) => Directory.GetFiles(agent.StateDirectory, "*.state", SearchOption.AllDirectories);
}
