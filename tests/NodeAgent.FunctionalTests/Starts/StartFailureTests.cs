using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Starts;

/// <summary>
/// A start that fails leaves nothing, says at which step and why, and can be repeated: here by what QEMU does, and by
/// what lies in the way of each step before there is a QEMU. Steps that can only be made to fail from within the agent,
/// <c>files</c> and <c>record</c>, are with the unit tests.
/// </summary>
public sealed class StartFailureTests
{
    /// <summary>A fault of FakeQemu, the step at which the start fails, and a word of the reason.</summary>
    public static TheoryData<string, object, string> Faults => new()
    {
        { "exits at once", new { on = "start", @do = "exit", vm = "victim", status = 1, text = "could not open disk" }, "connect" },
        { "is killed at once", new { on = "start", @do = "signal", vm = "victim", signal = 11, text = "segfault" }, "connect" },
        { "does not greet", new { on = "greeting", @do = "silence", vm = "victim" }, "connect" },
        { "greets with garbage", new { on = "greeting", @do = "garbage", vm = "victim" }, "connect" },
        { "closes in the middle of the greeting", new { on = "greeting", @do = "closeMidLine", vm = "victim" }, "connect" },
        { "closes instead of greeting", new { on = "greeting", @do = "close", vm = "victim" }, "connect" },
        { "sends 100 MB as a greeting", new { on = "greeting", @do = "hugeLine", vm = "victim" }, "connect" },
        { "refuses the handshake", new { on = "qmp_capabilities", @do = "error", vm = "victim" }, "connect" },
        { "dies in the handshake", new { on = "qmp_capabilities", @do = "exit", vm = "victim", status = 3, text = "gone" }, "connect" },
        { "refuses cont", new { on = "cont", @do = "error", vm = "victim", description = "no" }, "resume" },
        { "is silent at cont", new { on = "cont", @do = "silence", vm = "victim" }, "resume" },
        { "dies at cont", new { on = "cont", @do = "signal", vm = "victim", signal = 6, text = "assertion failed" }, "resume" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Qemu_that(string what, object fault, string step)
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration);
        await agent.Client.CreateAsync(Guest.Empty("victim"));
        qemu.Play(fault);

        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("victim"), what);

        failure.Error.Message.ShouldNotBeEmpty();
        var vm = await agent.Client.GetAsync("victim");
        vm.Status.State.ShouldBe(VmState.Stopped);
        vm.Status.Pid.ShouldBe(0);
        vm.Status.Exit.Reason.ShouldBe(ExitReason.StartFailed);
        vm.Status.Exit.FailedStep.ShouldBe(step);
        vm.Status.Operation.ShouldBeEmpty();
        ShouldHaveLeftNothing(agent);

        qemu.Play();
        (await agent.Client.StartAsync("victim")).Status.State.ShouldBe(VmState.Running);
    }

    [Fact]
    public async Task Image_that_is_gone_fails_the_plan()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "hello");
        await agent.Client.CreateAsync(spec);
        var disk = spec.Spec.Disks[0].Path;
        File.Move(disk, disk + ".away");

        await ShouldFailAsync(agent, "hello", "plan", disk);

        File.Move(disk + ".away", disk);
        await agent.Client.StartAsync("hello");
    }

    [Fact]
    public async Task File_in_the_place_of_the_directory_fails_that_step_and_is_left_alone()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAsync(Guest.Empty("victim"));
        var place = Path.Combine(agent.RunDirectory, "vms", vm.Id);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        await File.WriteAllTextAsync(place, "somebody else's");

        await ShouldFailAsync(agent, "victim", "directory", place, left: [place]);

        File.Delete(place);
        await agent.Client.StartAsync("victim", paused: true);
    }

    [Fact]
    public async Task Binary_that_vanished_fails_the_spawn()
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration);
        await agent.Client.CreateAsync(Guest.Empty("victim"));
        await agent.Client.StartAsync("victim");
        await agent.Client.ForceStopAsync("victim");
        File.Move(qemu.Binary, qemu.Binary + ".away");

        await ShouldFailAsync(agent, "victim", "spawn", qemu.Binary);

        File.Move(qemu.Binary + ".away", qemu.Binary);
        await agent.Client.StartAsync("victim");
    }

    [Fact]
    public async Task Last_words_of_a_qemu_that_exits_are_kept()
    {
        using var qemu = new FakeQemu();
        await using var agent = await Agent.StartAsync(qemu.Configuration);
        await agent.Client.CreateAsync(Guest.Empty("victim"));
        qemu.Play(new { on = "start", @do = "exit", vm = "victim", status = 7, text = "qemu: cannot set up guest memory" });

        await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("victim"));

        var exit = (await agent.Client.GetAsync("victim")).Status.Exit;
        exit.LastWords.ShouldContain("cannot set up guest memory");
        exit.ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task Missing_binary_is_told_and_mended_by_a_refresh()
    {
        using var qemu = new FakeQemu();
        var hidden = qemu.Binary + ".hidden";
        File.Move(qemu.Binary, hidden);
        await using var agent = await Agent.StartAsync(qemu.Configuration);
        var node = await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest());
        node.Conditions.Single(one => one.Type == "QemuReady").Status.ShouldBe(ConditionStatus.False);

        await agent.Client.CreateAsync(Guest.Empty("victim"));
        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("victim"));

        failure.Message.ShouldContain(qemu.Binary);
        (await agent.Client.GetAsync("victim")).Status.Exit.FailedStep.ShouldBe("plan");
        ShouldHaveLeftNothing(agent);
        File.Move(hidden, qemu.Binary);
        await agent.Client.Nodes.RefreshNodeAsync(new RefreshNodeRequest());
        (await agent.Client.StartAsync("victim")).Status.State.ShouldBe(VmState.Running);
    }

    [Fact]
    public async Task Real_qemu_that_refuses_its_disk_says_so_in_its_own_words()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "hello", qcow2: true);
        await agent.Client.CreateAsync(spec);

        // Its header stays right, so that only QEMU itself finds the table that points outside of the file.
        await using (var image = new FileStream(spec.Spec.Disks[0].Path, FileMode.Open))
        {
            image.SetLength(100_000);
        }

        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("hello"));

        failure.Message.ShouldContain("hello");
        (await agent.Client.GetAsync("hello")).Status.Exit.Reason.ShouldBe(ExitReason.StartFailed);
        ShouldHaveLeftNothing(agent);
    }

    [Fact]
    public async Task Disk_in_use_by_another_vm_is_refused_by_qemus_own_lock()
    {
        await using var agent = await Agent.StartAsync();
        var first = Guest.Bios(agent, "tick", "first");
        var second = first.Clone();
        second.Name = "second";
        await agent.Client.CreateAndStartAsync(first);
        await agent.Client.CreateAsync(second);

        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync("second"));

        failure.Message.ShouldContain("lock");
        (await agent.Client.GetAsync("first")).Status.State.ShouldBe(VmState.Running);
    }

    [Theory]
    [InlineData("/etc/passwd", "spec.disks[0].path")]
    [InlineData("/nowhere/disk.raw", "spec.disks[0].path")]
    public async Task Disk_outside_of_the_image_roots_is_refused_by_name_of_the_field(string path, string field)
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Empty("victim");
        spec.Spec.Disks.Add(new Disk { Path = path, Format = DiskFormat.Raw });

        var refusal = await Should.ThrowAsync<RpcException>(() => agent.Client.CreateAsync(spec));

        refusal.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refusal.Fields().ShouldContain(one => one.EndsWith(field, StringComparison.Ordinal));
        (await agent.Client.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Link_out_of_an_image_root_is_refused()
    {
        await using var agent = await Agent.StartAsync();
        File.CreateSymbolicLink(Path.Combine(agent.Images, "escape.raw"), "/etc/passwd");
        var spec = Guest.Empty("victim");
        spec.Spec.Disks.Add(new Disk { Path = Path.Combine(agent.Images, "escape.raw"), Format = DiskFormat.Raw });

        (await Should.ThrowAsync<RpcException>(() => agent.Client.CreateAsync(spec))).StatusCode.ShouldBe(StatusCode.InvalidArgument);
    }

    private static async Task ShouldFailAsync(Agent agent, string vm, string step, string words, params string[] left)
    {
        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.StartAsync(vm));
        failure.Error.Message.ShouldContain(words);
        var status = (await agent.Client.GetAsync(vm)).Status;
        (status.State, status.Exit.Reason, status.Exit.FailedStep).ShouldBe((VmState.Stopped, ExitReason.StartFailed, step), status.Exit.Message);
        ShouldHaveLeftNothing(agent, left);
    }

    private static void ShouldHaveLeftNothing(Agent agent, params string[] butFor)
    {
        LeakGuard.ProcessesOf(Path.Combine(agent.RunDirectory, "vms")).ShouldBeEmpty();
        var vms = Path.Combine(agent.RunDirectory, "vms");
        (Directory.Exists(vms) ? Directory.GetFileSystemEntries(vms) : []).ShouldBe(butFor);
    }
}
