using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmCreateTest
{
    [Fact]
    public async Task Options_become_a_spec_with_an_identity_for_the_request()
    {
        await using var agent = await FakeAgent.StartAsync();
        var result = await agent.RunAsync(
            "vm", "create", "web", "--memory", "256M", "--vcpus", "2", "--cpu", "host", "--topology", "cores=2", "--machine", "q35", "--accel", "kvm",
            "--kernel", "/k", "--initrd", "/i", "--cmdline", "console=ttyS0 x=1", "--disk", "path=/a,,b.qcow2,format=qcow2,readonly=on,serial=S,name=root",
            "--disk", "path=/c,format=raw", "--net", "user,mac=52:54:00:00:00:01,restricted=on", "--label", "tier=web", "--label", "x=a=b", "--vnc", "--no-rng",
            "--no-console", "--on-panic", "reset", "--watchdog", "nmi", "--restart", "on-failure", "--autostart", "--autostart-order", "3",
            "--boot-order", "root,net0", "--id", "6a1f6a0e-0d6b-4b53-9f52-0a1c2b3d4e5f");
        result.ShouldEndWith(ExitCode.Ok).Out.ShouldBe("web: created\n");
        var request = agent.Vms.Last<CreateVmRequest>();
        Guid.TryParse(request.RequestId, out _).ShouldBeTrue();
        request.Vm.ShouldBe(new Vm
        {
            Name = "web",
            Id = "6a1f6a0e-0d6b-4b53-9f52-0a1c2b3d4e5f",
            Labels = { ["tier"] = "web", ["x"] = "a=b" },
            Spec = new VmSpec
            {
                MemoryBytes = 256 << 20,
                Cpu = new CpuSpec { Vcpus = 2, Model = "host", Topology = new CpuTopology { Sockets = 1, Dies = 1, Cores = 2, Threads = 1 } },
                Machine = "q35",
                Accelerator = Accelerator.Kvm,
                Kernel = new DirectKernel { KernelPath = "/k", InitrdPath = "/i", Cmdline = "console=ttyS0 x=1" },
                Disks =
                {
                    new Disk { Name = "root", Path = "/a,b.qcow2", Format = DiskFormat.Qcow2, ReadOnly = true, Serial = "S" },
                    new Disk { Path = "/c", Format = DiskFormat.Raw },
                },
                NetworkInterfaces = { new NetworkInterface { Mac = "52:54:00:00:00:01", User = new UserNetwork { Restricted = true } } },
                Rng = false,
                Display = new DisplaySpec { Vnc = true },
                Console = new ConsoleSpec { Disabled = true },
                OnPanic = PanicAction.Reset,
                Watchdog = new WatchdogSpec { Action = WatchdogAction.Nmi },
                Restart = new RestartPolicy { Mode = RestartMode.OnFailure },
                Autostart = new AutostartSpec { Enabled = true, Order = 3 },
                BootOrder = { "root", "net0" },
            },
        });
    }

    [Fact]
    public async Task A_file_from_standard_input_may_hold_several_VMs()
    {
        await using var agent = await FakeAgent.StartAsync();
        var input = CliInput.Typed("name: a\nspec: {memory: 1G}\n---\nname: b\nspec: {memory: 2G}\n");
        (await agent.RunAsync(input, "vm", "create", "-f", "-", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("a\nb\n");
        agent.Vms.All["b"].Spec.MemoryBytes.ShouldBe(2L << 30);
    }

    [Fact]
    public async Task What_the_agent_refuses_in_a_file_is_told_by_line()
    {
        await using var agent = await FakeAgent.StartAsync();
        var file = Path.Combine(agent.Folder, "vm.yaml");
        await File.WriteAllTextAsync(file, "name: a\nspec:\n  machine: q35\n  memory: 4K\n", TestContext.Current.CancellationToken);
        (await agent.RunAsync("vm", "create", "-f", file)).ShouldEndWith(ExitCode.Usage)
            .Error.ShouldBe($"error: {file}:4: spec.memory_bytes: must be 1 MiB or more\n");
    }

    [Fact]
    public async Task What_the_agent_refuses_of_options_is_told_by_field()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync("vm", "create", "web")).ShouldEndWith(ExitCode.Usage)
            .Error.ShouldBe("error: the spec is not valid [INVALID_ARGUMENT]\n  spec.memory_bytes: must be 1 MiB or more\n  reason: INVALID_SPEC (nodeagent)\n");
    }

    [Fact]
    public async Task A_file_with_a_mistake_is_not_sent()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync(CliInput.Typed("name: a\nspec: {memroy: 1G}\n"), "vm", "create", "-f", "-")).ShouldEndWith(ExitCode.Usage)
            .Error.ShouldBe("error: standard input:2: spec.memroy: unknown field; did you mean 'memory'?\n");
        agent.Vms.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_get_prints_create_reads()
    {
        await using var agent = await FakeAgent.StartAsync();
        var vm = agent.Vms.Add("web", VmState.Running, v => v.Labels["tier"] = "web").Clone();
        foreach (var format in new[] { "yaml", "json" })
        {
            var printed = (await agent.RunAsync("vm", "get", "web", "-o", format)).ShouldEndWith(ExitCode.Ok).Out;
            agent.Vms.All.Clear();
            (await agent.RunAsync(CliInput.Typed(printed), "vm", "create", "-f", "-")).ShouldEndWith(ExitCode.Ok);
            var sent = agent.Vms.Last<CreateVmRequest>().Vm;
            sent.ShouldBe(new Vm { Id = vm.Id, Name = vm.Name, Labels = { vm.Labels }, Spec = sent.Spec, Etag = vm.Etag });
            sent.Spec.MemoryBytes.ShouldBe(vm.Spec.MemoryBytes);
            agent.Vms.All["web"] = vm.Clone();
        }
    }

    [Fact]
    public async Task Start_follows_creation_where_asked_for()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync("vm", "create", "web", "--memory", "256M", "--start")).ShouldEndWith(ExitCode.Ok)
            .Out.ShouldBe("web: created\nweb: started (running, kvm, pid 4711)\n");
    }

    [Fact]
    public async Task Validation_alone_records_and_starts_nothing()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync("vm", "create", "web", "--memory", "256M", "--validate-only", "--start")).ShouldEndWith(ExitCode.Ok);
        agent.Vms.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        (await agent.RunAsync("vm", "create", "web", "--memory", "256M")).ShouldEndWith(ExitCode.Conflict).Error.ShouldContain("ALREADY_EXISTS");
    }

    [Theory]
    [InlineData("say which VM", "vm", "create")]
    [InlineData("not by both", "vm", "create", "web", "-f", "x.yaml")]
    [InlineData("not by both", "vm", "create", "--memory", "1G", "-f", "x.yaml")]
    [InlineData("path=FILE is missing", "vm", "create", "web", "--disk", "format=raw")]
    [InlineData("did you mean 'path'?", "vm", "create", "web", "--disk", "pth=/a")]
    [InlineData("not of the form KEY=VALUE", "vm", "create", "web", "--label", "tier")]
    [InlineData("'lots' is not a size", "vm", "create", "web", "--memory", "lots")]
    [InlineData("'xen' is not one of auto, kvm, tcg", "vm", "create", "web", "--accel", "xen")]
    [InlineData("Unrecognized command or argument '--memry'", "vm", "create", "web", "--memry", "1G")]
    [InlineData("'create' was not matched", "vm", "crate")]
    public async Task A_wrong_command_line_is_told_without_asking_the_agent(string says, params string[] arguments)
    {
        var result = await CliResult.RunAsync(new CliInput(), ["--host", "unix:/nowhere/api.sock", .. arguments]);
        result.ShouldEndWith(ExitCode.Usage);
        (result.Out + result.Error).Replace("Did you mean one of the following?\n", "", StringComparison.Ordinal).ShouldContain(arguments[^1] == "crate" ? "create" : says);
    }
}
