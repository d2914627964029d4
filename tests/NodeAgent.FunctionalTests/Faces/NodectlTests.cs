using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A VM's life by nodectl alone, as issue and scripts write it.</summary>
public sealed class NodectlTests
{
    [Fact]
    public async Task Whole_life_of_a_vm_made_from_options()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        var disk = agent.CopyImage("obey.qcow2");

        var created = await nodectl.JsonAsync(
            "vm", "create", "web", "--memory", "32M", "--vcpus", "1", "--accel", "tcg", "--disk", $"path={disk},format=qcow2");
        created.GetProperty("name").GetString().ShouldBe("web");
        created.GetProperty("spec").GetProperty("memoryBytes").GetString().ShouldBe("33554432");
        (await nodectl.StateAsync("web")).ShouldBe(("VM_STATE_STOPPED", 0));
        var argv = (await nodectl.RunAsync("vm", "argv", "web")).Succeeded();
        argv.ShouldContain("qemu-system-x86_64");
        argv.ShouldContain(disk);

        (await nodectl.RunAsync("vm", "start", "web", "--paused")).Succeeded();
        var (state, pid) = await nodectl.StateAsync("web");
        state.ShouldBe("VM_STATE_PAUSED");
        ProcessTable.Containing(agent.Root).Select(process => process.Pid).ShouldContain(pid);
        (await nodectl.RunAsync("vm", "logs", "web")).Succeeded().ShouldBeEmpty("a guest that never ran has said nothing");

        (await nodectl.RunAsync("vm", "resume", "web")).Succeeded();
        (await nodectl.StateAsync("web")).ShouldBe(("VM_STATE_RUNNING", pid));
        await agent.Client.UntilPrintedAsync("web", Guest.ObeyGreeting);
        (await nodectl.RunAsync("vm", "pause", "web")).Succeeded();
        (await nodectl.StateAsync("web")).ShouldBe(("VM_STATE_PAUSED", pid));
        (await nodectl.RunAsync("vm", "resume", "web")).Succeeded();

        (await nodectl.RunAsync("vm", "stop", "web", "--force")).Succeeded();
        (await nodectl.StateAsync("web")).ShouldBe(("VM_STATE_STOPPED", 0));
        ProcessTable.Containing(agent.Root).Select(process => process.Pid).ShouldNotContain(pid);
        (await nodectl.RunAsync("vm", "logs", "web")).Succeeded().ShouldContain(Guest.ObeyGreeting);

        (await nodectl.RunAsync("vm", "delete", "web")).Succeeded();
        (await nodectl.JsonAsync("vm", "list")).GetProperty("vms").GetArrayLength().ShouldBe(0);
        File.Exists(disk).ShouldBeTrue("a deleted VM's disks stay");
        var kinds = (await nodectl.JsonAsync("event", "list")).GetProperty("events").EnumerateArray().Select(one => one.GetProperty("kind").GetString()).ToList();
        new[] { "vm.created", "vm.started", "vm.resumed", "vm.paused", "vm.stopped", "vm.deleted" }.ShouldBeSubsetOf(kinds);
        var verbs = (await nodectl.JsonAsync("op", "list")).GetProperty("operations").EnumerateArray()
            .Select(one => one.GetProperty("metadata").GetProperty("verb").GetString()).Distinct();
        verbs.ShouldBe(["StartVm", "ResumeVm", "PauseVm", "StopVm"], ignoreOrder: true);
    }

    [Fact]
    public async Task Vm_from_a_file_starts_shuts_down_and_goes_round_as_yaml()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        var file = Path.Combine(agent.Root, "web.yaml");
        await File.WriteAllTextAsync(file, $"""
            name: web
            labels:
              tier: front
            spec:
              cpu:
                vcpus: 1
              memory: 32MiB
              accelerator: tcg
              disks:
                - name: root
                  path: {agent.CopyImage("obey.raw")}
                  format: raw
              shutdown:
                timeout: 30s
            """);

        (await nodectl.RunAsync("vm", "create", "-f", file, "--start")).Succeeded();
        await agent.Client.UntilPrintedAsync("web", Guest.ObeyGreeting);
        (await nodectl.StateAsync("web")).State.ShouldBe("VM_STATE_RUNNING");
        (await nodectl.RunAsync("vm", "list", "--filter", "state=running AND labels.tier=front", "-o", "name")).Succeeded().Trim().ShouldBe("web");

        (await nodectl.RunAsync("vm", "shutdown", "web")).Succeeded();

        var exit = (await nodectl.JsonAsync("vm", "get", "web")).GetProperty("status").GetProperty("exit");
        exit.GetProperty("reason").GetString().ShouldBe("EXIT_REASON_GUEST_SHUTDOWN");
        (await nodectl.RunAsync("vm", "logs", "web")).Succeeded().ShouldContain("felt the power button");
        var yaml = (await nodectl.RunAsync("vm", "get", "web", "-o", "yaml")).Succeeded();
        (await nodectl.RunAsync("vm", "delete", "web")).Succeeded();
        (await nodectl.TypeAsync(yaml, "vm", "create", "-f", "-")).Succeeded();
        (await agent.Client.GetAsync("web")).Spec.Disks.Single().Name.ShouldBe("root");
    }

    [Fact]
    public async Task Table_of_vms_is_for_people()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        var vm = await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        await agent.Client.CreateAsync(Guest.Empty("two"));

        var lines = (await nodectl.RunAsync("vm", "list")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        lines[0].ShouldStartWith("NAME");
        lines[1].ShouldMatch($@"^one +paused .*\b{vm.Status.Pid}\b");
        lines[2].ShouldMatch("^two +stopped ");
        (await nodectl.JsonAsync("vm", "list")).GetProperty("vms").EnumerateArray()
            .Select(one => (one.GetProperty("name").GetString(), one.GetProperty("status").GetProperty("pid").GetInt32()))
            .ShouldBe([("one", vm.Status.Pid), ("two", 0)]);
    }

    [Fact]
    public async Task Node_and_doctor_tell_of_this_host()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        var node = await nodectl.JsonAsync("node", "get");
        node.GetRawText().ShouldContain("qemu-system-x86_64");

        var doctor = await nodectl.RunAsync("doctor");

        doctor.Output.ShouldContain("QemuReady");
        doctor.ExitCode.ShouldBeInRange(0, 2);
        // A mark against the host and a clean bill of health exclude each other.
        (doctor.ExitCode == 2).ShouldBe(doctor.Output.Contains('✗'), doctor.Output);
    }
}
