using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Life;

/// <summary>A VM's life with real guests, from its creation to its end.</summary>
public sealed class LifeCycleTests
{
    [Fact]
    public async Task Linux_greets_on_its_console_and_shuts_down_when_asked()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Linux());
        vm.Status.State.ShouldBe(VmState.Running);
        vm.Status.Accelerator.ShouldBe(Accelerator.Tcg);
        await agent.Client.UntilPrintedAsync("linux", Guest.LinuxGreeting);

        var stopped = await agent.Client.ShutdownAsync("linux");

        stopped.Status.State.ShouldBe(VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown);
        (await agent.Client.ReadConsoleLogAsync("linux")).ShouldContain("goes down in order");
    }

    [Theory]
    [InlineData("q35", false)]
    [InlineData("pc", true)]
    public async Task Guest_under_kvm_boots_from_its_disk(string machine, bool qcow2)
    {
        Guest.NeedsKvm();
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey", accelerator: Accelerator.Kvm, machine: machine, qcow2: qcow2));
        vm.Status.Accelerator.ShouldBe(Accelerator.Kvm);
        await agent.Client.UntilPrintedAsync("obey", Guest.ObeyGreeting);

        var stopped = await agent.Client.ShutdownAsync("obey");

        stopped.Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown);
        (await agent.Client.ReadConsoleLogAsync("obey")).ShouldContain("felt the power button");
    }
}
