using System.Text.Json;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmVerbTest
{
    [Fact]
    public async Task Several_VMs_are_started_with_an_identity_each()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("a");
        agent.Vms.Add("b");
        (await agent.RunAsync("vm", "start", "a", "b", "--paused")).ShouldEndWith(ExitCode.Ok)
            .Out.ShouldBe("a: started (paused, kvm, pid 4711)\nb: started (paused, kvm, pid 4711)\n");
        agent.Vms.Requests.OfType<StartVmRequest>().Select(r => r.RequestId).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Phases_are_told_while_it_lasts()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Operations.LooksBeforeEnd = 3;
        (await agent.RunAsync("vm", "start", "web")).ShouldEndWith(ExitCode.Ok).Error.ShouldBe("web: phase-1 (10 %)\nweb: phase-2 (20 %)\n");
    }

    [Fact]
    public async Task Not_waiting_prints_the_operation()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Operations.LooksBeforeEnd = int.MaxValue;
        (await agent.RunAsync("vm", "start", "web", "--no-wait")).ShouldEndWith(ExitCode.Ok).Out.ShouldStartWith("operations/");
    }

    [Fact]
    public async Task One_that_fails_does_not_keep_the_others_from_it()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("busy", VmState.Running);
        agent.Vms.Add("web");
        var result = (await agent.RunAsync("vm", "start", "busy", "gone", "web")).ShouldEndWith(ExitCode.Conflict);
        result.Out.ShouldBe("web: started (running, kvm, pid 4711)\n");
        result.Error.ShouldContain("error: busy: busy is running [FAILED_PRECONDITION]\n  vms/busy: must be stopped (VM_STATE)\n");
        result.Error.ShouldContain("error: gone: there is no VM 'gone' [NOT_FOUND]");
    }

    [Fact]
    public async Task An_operation_that_fails_gives_its_own_exit_code()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        (await agent.RunAsync("vm", "stop", "web")).ShouldEndWith(ExitCode.TimedOut).Error.ShouldBe("error: web: QEMU did not answer [DEADLINE_EXCEEDED]\n");
        (await agent.RunAsync("vm", "stop", "web", "--force")).ShouldEndWith(ExitCode.Ok);
    }

    [Fact]
    public async Task JSON_is_the_operation_with_the_VM_after_it()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        using var operation = JsonDocument.Parse((await agent.RunAsync("vm", "start", "web", "-o", "json")).ShouldEndWith(ExitCode.Ok).Out);
        operation.RootElement.GetProperty("done").GetBoolean().ShouldBeTrue();
        operation.RootElement.GetProperty("response").GetProperty("status").GetProperty("pid").GetInt32().ShouldBe(4711);
    }

    [Fact]
    public async Task Giving_up_says_that_the_work_goes_on()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Operations.LooksBeforeEnd = int.MaxValue;
        var result = (await agent.RunAsync("vm", "start", "web", "--timeout", "600ms")).ShouldEndWith(ExitCode.TimedOut);
        result.Error.ShouldContain("goes on");
        result.Error.ShouldContain("nodectl op wait operations/");
    }

    [Fact]
    public async Task Ctrl_C_leaves_the_work_and_says_how_to_come_back()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Operations.LooksBeforeEnd = int.MaxValue;
        using var interrupt = new CancellationTokenSource();
        var running = agent.RunAsync(new CliInput { Cancellation = interrupt.Token }, "vm", "start", "web");
        await agent.Operations.FirstWait.Task;
        await interrupt.CancelAsync();
        var result = (await running).ShouldEndWith(ExitCode.Interrupted);
        result.Error.ShouldContain("'nodectl op wait operations/");
        result.Error.ShouldNotContain("error:");
    }

    [Fact]
    public async Task The_wait_outlives_a_restart_of_the_agent()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Operations.LooksBeforeEnd = int.MaxValue;
        var running = agent.RunAsync("vm", "start", "web");
        await agent.Operations.FirstWait.Task;
        await agent.EndAsync();
        agent.Operations.LooksBeforeEnd = 0;
        await agent.BeginAsync();
        (await running).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("web: started (running, kvm, pid 4711)\n");
    }

    [Fact]
    public async Task Shutdown_passes_its_own_time_out_and_fallback_on()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        (await agent.RunAsync("vm", "shutdown", "web", "--timeout", "30s", "--fallback", "force-stop")).ShouldEndWith(ExitCode.Ok);
        var request = agent.Vms.Last<ShutdownVmRequest>();
        request.Timeout.Seconds.ShouldBe(30);
        request.Fallback.ShouldBe(ShutdownFallback.ForceStop);
    }

    [Fact]
    public async Task Deletion_names_what_is_gone()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        (await agent.RunAsync("vm", "delete", "web", "nobody")).ShouldEndWith(ExitCode.NotFound).Out.ShouldBe("web: deleted; its disks stay\n");
        (await agent.RunAsync("vm", "delete", "nobody", "--allow-missing")).ShouldEndWith(ExitCode.Ok);
    }

    [Fact]
    public async Task Deletion_prints_what_is_gone_as_a_resource_where_a_program_reads_it()
    {
        await using var agent = await FakeAgent.StartAsync();
        var web = agent.Vms.Add("web");
        var db = agent.Vms.Add("db");
        agent.Vms.Add("cache");

        Vm.Parser.ParseJson((await agent.RunAsync("vm", "delete", "web", "-o", "json")).ShouldEndWith(ExitCode.Ok).Out).ShouldBe(web);
        (await agent.RunAsync("vm", "delete", "db", "-o", "yaml")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain(db.Id);
        (await agent.RunAsync("vm", "delete", "cache", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("cache\n");
        (await agent.RunAsync("vm", "delete", "nobody", "-o", "json", "--allow-missing")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("");
        (await agent.RunAsync("vm", "delete", "nobody", "-o", "json")).ShouldEndWith(ExitCode.NotFound).Out.ShouldBe("");
        agent.Vms.All.ShouldBeEmpty();
    }
}
