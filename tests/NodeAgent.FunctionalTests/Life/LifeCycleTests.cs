using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Life;

/// <summary>A VM's life with real guests, from its creation to its end.</summary>
public sealed class LifeCycleTests
{
    [Fact]
    public async Task Linux_greets_on_its_console_reboots_in_its_process_and_shuts_down_when_asked()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Linux());
        vm.Status.State.ShouldBe(VmState.Running);
        vm.Status.Accelerator.ShouldBe(Accelerator.Tcg);
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "linux", history: true);
        await console.UntilAsync(Guest.LinuxGreeting);
        await console.UntilAsync("guest# ");

        await console.TypeAsync("reboot\n");
        await console.UntilAsync(Guest.LinuxGreeting);
        (await agent.Client.GetAsync("linux")).Status.Pid.ShouldBe(vm.Status.Pid);

        var stopped = await agent.Client.ShutdownAsync("linux");

        stopped.Status.State.ShouldBe(VmState.Stopped);
        stopped.Status.Pid.ShouldBe(0);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown);
        (await agent.Client.ReadConsoleLogAsync("linux")).ShouldContain("goes down in order");
        await agent.Client.UntilEventAsync("linux", "vm.stopped");

        // Linux tries several ways to reset a machine, and the first need not be the last.
        (await agent.Client.ListEventsAsync("linux", "vm.")).Select(one => one.Kind).Aggregate(
            new List<string>(), (kinds, kind) => kind == "vm.reset" && kinds.LastOrDefault() == kind ? kinds : [.. kinds, kind]).ShouldBe(
            ["vm.created", "vm.requested", "vm.started", "vm.reset", "vm.requested", "vm.guest-shutdown", "vm.stopped"]);
    }

    [Fact]
    public async Task Panic_of_a_linux_kernel_is_seen()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Linux();
        spec.Spec.OnPanic = PanicAction.Stop;
        await agent.Client.CreateAndStartAsync(spec);
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "linux", history: true);
        await console.UntilAsync("guest# ");

        await console.TypeAsync("panic\n");

        var stopped = await agent.Client.UntilAsync("linux", VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.GuestPanic);
        await agent.Client.UntilEventAsync("linux", "vm.guest-panicked");
    }

    [Theory]
    [InlineData("q35", false)]
    [InlineData("pc", true)]
    public async Task Guest_under_kvm_boots_from_its_disk_and_shuts_down_when_asked(string machine, bool qcow2)
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

    [Theory]
    [InlineData("q35", Accelerator.Kvm)]
    [InlineData("microvm", Accelerator.Kvm)]
    [InlineData("pc", Accelerator.Tcg)]
    [InlineData("microvm", Accelerator.Tcg)]
    public async Task Thirty_two_bit_kernel_runs(string machine, Accelerator accelerator)
    {
        if (accelerator is Accelerator.Kvm)
        {
            Guest.NeedsKvm();
        }

        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Multiboot(accelerator: accelerator, machine: machine));

        await using var console = await ConsoleClient.AttachAsync(agent.Client, "multiboot", history: true);
        await console.UntilAsync(Guest.MultibootGreeting);
        await console.UntilAsync("tick 3");
    }

    [Fact]
    public async Task Paused_guest_stands_still_and_goes_on_where_it_stood()
    {
        await using var agent = await Agent.StartAsync();
        var before = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "tick", history: true);
        await console.UntilAsync("tick 5\r\n");

        await agent.Client.WaitAsync(await agent.Client.Vms.PauseVmAsync(new PauseVmRequest { Vm = "tick" }));
        (await agent.Client.GetAsync("tick")).Status.State.ShouldBe(VmState.Paused);
        var stood = await agent.Client.ReadConsoleLogAsync("tick");
        await Task.Delay(500, TestContext.Current.CancellationToken);
        (await agent.Client.ReadConsoleLogAsync("tick")).ShouldBe(stood);

        await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "tick" }));
        var last = int.Parse(stood[(stood.LastIndexOf("tick ", StringComparison.Ordinal) + 5)..].Trim());
        await console.UntilAsync($"tick {last + 1}\r\n");
        var after = await agent.Client.GetAsync("tick");
        after.Status.State.ShouldBe(VmState.Running);
        after.Status.Pid.ShouldBe(before.Status.Pid);
        after.Status.RunId.ShouldBe(before.Status.RunId);
    }

    [Fact]
    public async Task Guest_started_paused_runs_its_first_instruction_when_resumed()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "hello"), paused: true);
        vm.Status.State.ShouldBe(VmState.Paused);
        (await agent.Client.ReadConsoleLogAsync("hello")).ShouldBeEmpty();

        await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "hello" }));

        await agent.Client.UntilPrintedAsync("hello", Guest.HelloGreeting);
    }

    [Fact]
    public async Task Reboot_and_reset_keep_the_process()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);

        await agent.Client.WaitAsync(await agent.Client.Vms.RebootVmAsync(new RebootVmRequest { Vm = "obey" }));
        await console.UntilAsync("felt the power button");
        await console.UntilAsync(Guest.ObeyGreeting);

        await agent.Client.WaitAsync(await agent.Client.Vms.ResetVmAsync(new ResetVmRequest { Vm = "obey" }));
        await console.UntilAsync(Guest.ObeyGreeting);

        await console.TypeAsync("r");
        await console.UntilAsync(Guest.ObeyGreeting);
        var after = await agent.Client.GetAsync("obey");
        after.Status.Pid.ShouldBe(vm.Status.Pid);
        after.Status.RunId.ShouldBe(vm.Status.RunId);
        after.Status.State.ShouldBe(VmState.Running);
    }

    [Fact]
    public async Task Guest_feels_its_keyboard_and_its_non_maskable_interrupt()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);

        await agent.Client.Vms.SendKeysAsync(new SendKeysRequest { Vm = "obey", Keys = { "k" } });
        await console.UntilAsync("felt key k");
        await agent.Client.Vms.InjectNmiAsync(new InjectNmiRequest { Vm = "obey" });
        await console.UntilAsync("felt an NMI");
    }

    [Fact]
    public async Task Screenshot_is_a_picture()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "hello");
        spec.Spec.Display = new DisplaySpec { Vnc = true };
        var vm = await agent.Client.CreateAndStartAsync(spec);
        await agent.Client.UntilPrintedAsync("hello", Guest.HelloGreeting);

        var picture = await agent.Client.Vms.TakeScreenshotAsync(new TakeScreenshotRequest { Vm = "hello" });

        byte[] magic = picture.ContentType == "image/png" ? [0x89, (byte)'P', (byte)'N', (byte)'G'] : [(byte)'P', (byte)'6'];
        picture.Image.Span[..magic.Length].ToArray().ShouldBe(magic);
        File.Exists(vm.Status.VncSocket).ShouldBeTrue();
    }
}
