using System.Text.Json;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Vms;

public sealed class VmListTest
{
    [Fact]
    public async Task A_table_has_a_line_for_each_VM()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web", VmState.Running);
        agent.Vms.Add("db", VmState.Quarantined, v => v.Status.Message = "the UUID differs");
        (await agent.RunAsync("vm", "list")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe(
            """
            NAME  STATE        VCPUS   MEMORY  ACCEL   PID  FOR  REASON
            db    quarantined      1  256 MiB  auto      -    -  Created: the UUID differs
            web   running          1  256 MiB  auto   4711    -  Created

            """);
    }

    [Fact]
    public async Task All_pages_are_read_where_asked_for_and_more_is_noted_otherwise()
    {
        await using var agent = await FakeAgent.StartAsync();
        for (var i = 0; i < 1500; i++)
        {
            agent.Vms.Add($"vm{i:0000}");
        }

        (await agent.RunAsync("vm", "list", "--all", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.Split('\n').Length.ShouldBe(1501);
        var some = await agent.RunAsync("vm", "list", "--limit", "2");
        some.ShouldEndWith(ExitCode.Ok).Out.Split('\n').Length.ShouldBe(4);
        some.Error.ShouldContain("--page-token 2");
        (await agent.RunAsync("vm", "list", "--limit", "1", "--page-token", "2", "-o", "name")).Out.ShouldBe("vm0002\n");
    }

    [Fact]
    public async Task JSON_is_the_list_response_also_when_it_is_empty()
    {
        await using var agent = await FakeAgent.StartAsync();
        using (var empty = JsonDocument.Parse((await agent.RunAsync("vm", "list", "-o", "json")).Out))
        {
            empty.RootElement.GetProperty("vms").GetArrayLength().ShouldBe(0);
        }

        agent.Vms.Add("web", VmState.Running);
        using var one = JsonDocument.Parse((await agent.RunAsync("vm", "list", "-o", "json")).Out);
        var status = one.RootElement.GetProperty("vms")[0].GetProperty("status");
        status.GetProperty("state").GetString().ShouldBe("VM_STATE_RUNNING");
        status.GetProperty("pid").GetInt32().ShouldBe(4711);
    }

    [Fact]
    public async Task The_filter_is_the_agents_business()
    {
        await using var agent = await FakeAgent.StartAsync();
        await agent.RunAsync("vm", "list", "--filter", "state=running AND labels.tier=db");
        agent.Vms.Last<ListVmsRequest>().Filter.ShouldBe("state=running AND labels.tier=db");
    }

    [Fact]
    public async Task A_VM_that_is_not_there_has_an_exit_code_and_the_others_are_shown()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        var result = (await agent.RunAsync("vm", "get", "nobody", "web", "-o", "name")).ShouldEndWith(ExitCode.NotFound);
        result.Out.ShouldBe("web\n");
        result.Error.ShouldBe("error: nobody: there is no VM 'nobody' [NOT_FOUND]\n  reason: VM_NOT_FOUND (nodeagent, vm=nobody)\n");
    }

    [Fact]
    public async Task A_watch_shows_what_is_then_what_changes()
    {
        await using var agent = await FakeAgent.StartAsync();
        var web = agent.Vms.Add("web");
        agent.Vms.Add("other");
        var started = web.Clone();
        started.Status.State = VmState.Running;
        started.Status.Revision = 2;
        agent.Vms.Changes.Writer.TryWrite(new WatchVmsResponse { Vm = started });
        agent.Vms.Changes.Writer.TryWrite(new WatchVmsResponse { Vm = started.Clone() });
        agent.Vms.Changes.Writer.TryWrite(new WatchVmsResponse { Deleted = new VmDeleted { Id = web.Id, Name = "web" } });
        agent.Vms.Changes.Writer.Complete();
        var result = await agent.RunAsync("vm", "get", "web", "--watch");
        var lines = result.ShouldEndWith(ExitCode.Ok).Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(4);
        lines[1].ShouldContain("stopped");
        lines[2].ShouldContain("running");
        lines[3].ShouldContain("Deleted");
    }

    [Fact]
    public async Task Waiting_for_a_state_ends_when_it_is_there()
    {
        await using var agent = await FakeAgent.StartAsync();
        var web = agent.Vms.Add("web", VmState.Running);
        var stopped = web.Clone();
        stopped.Status.State = VmState.Stopped;
        agent.Vms.Changes.Writer.TryWrite(new WatchVmsResponse { Vm = stopped });
        (await agent.RunAsync("vm", "wait", "web", "--for", "stopped")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("web: stopped\n");
        (await agent.RunAsync("vm", "wait", "web", "--for", "paused", "--timeout", "100ms")).ShouldEndWith(ExitCode.TimedOut);
    }
}
