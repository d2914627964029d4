using System.Diagnostics;
using System.Net.Sockets;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>A QEMU that does not answer, as one does that waits for its storage: here it is stopped by a signal.</summary>
public sealed class SilentQemuTests
{
    private const string Silent = "MonitorSilent";

    // Far above what these calls take, and far below what the silent one makes its own callers wait.
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task One_silent_qemu_among_ten_delays_nobody_and_heals()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration { CommandTimeout = "30s" });
        var vms = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => agent.Client.CreateAndStartAsync(Qemus.Cheap($"vm-{number}"), paused: true)));
        var sick = vms[3];
        using var http = new HttpClient();
        Qemus.Suspend(sick.Status.Pid);

        // A command of its own makes it wait; the others' callers do not.
        var stuck = await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = sick.Id });
        for (var round = 0; round < 5; round++)
        {
            await ShouldBeQuickAsync("list", agent.Client.ListAsync());
            await ShouldBeQuickAsync("get", agent.Client.GetAsync(sick.Id));
            await ShouldBeQuickAsync("scrape", http.GetStringAsync($"http://{agent.MetricsAddress}/metrics"));
            await ShouldBeQuickAsync("node", agent.Client.Nodes.GetNodeAsync(new GetNodeRequest()).ResponseAsync);
            await ShouldBeQuickAsync("stop of another", agent.Client.ForceStopAsync(vms[5].Id));
            await ShouldBeQuickAsync("start of another", agent.Client.StartAsync(vms[5].Id, paused: true));
        }

        var shown = await agent.Client.UntilAsync(sick.Id, vm => vm.Status.Conditions.Any(one => one.Type == Silent), "silent");
        shown.Status.State.ShouldBe(VmState.Paused);
        shown.Status.Pid.ShouldBe(sick.Status.Pid);
        (await agent.Client.ListAsync()).Where(vm => vm.Status.Conditions.Count > 0).ShouldHaveSingleItem().Id.ShouldBe(sick.Id);

        Qemus.Continue(sick.Status.Pid);
        await agent.Client.WaitAsync(stuck);
        _ = await http.GetStringAsync($"http://{agent.MetricsAddress}/metrics");
        var healed = await agent.Client.UntilAsync(sick.Id, vm => vm.Status.Conditions.Count == 0, "healed");
        healed.Status.State.ShouldBe(VmState.Running);
        healed.Status.RunId.ShouldBe(sick.Status.RunId);
        (await agent.Client.ListEventsAsync(sick.Id, "vm.monitor-")).Select(one => one.Kind).ShouldBe(["vm.monitor-silent", "vm.monitor-restored"]);
    }

    [Fact]
    public async Task Qemu_that_is_silent_when_the_agent_comes_back_is_unknown_until_it_answers()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration { StartTimeout = "5s" });
        var sick = await agent.Client.CreateAndStartAsync(Qemus.Cheap("sick"), paused: true);
        var well = await agent.Client.CreateAndStartAsync(Qemus.Cheap("well"), paused: true);
        await agent.KillAsync();
        Qemus.Suspend(sick.Status.Pid);

        await agent.StartAgainAsync();

        var unknown = await agent.Client.GetAsync(sick.Id);
        unknown.Status.State.ShouldBe(VmState.Unknown);
        unknown.Status.Pid.ShouldBe(sick.Status.Pid);
        unknown.Status.Conditions.ShouldHaveSingleItem().Type.ShouldBe(Silent);
        (await agent.Client.GetAsync(well.Id)).Status.State.ShouldBe(VmState.Paused);
        Qemus.Of(sick.Id).ShouldBe([sick.Status.Pid]);

        Qemus.Continue(sick.Status.Pid);
        var healed = await agent.Client.UntilAsync(sick.Id, VmState.Paused);
        healed.Status.Pid.ShouldBe(sick.Status.Pid);
        healed.Status.RunId.ShouldBe(sick.Status.RunId);
        healed.Status.Conditions.ShouldBeEmpty();
        Qemus.ShouldAgree(healed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Silent_qemu_can_be_stopped_with_force(bool afterRestart)
    {
        await using var agent = await Agent.StartAsync();
        var sick = await agent.Client.CreateAndStartAsync(Qemus.Cheap("sick"), paused: true);
        if (afterRestart)
        {
            await agent.KillAsync();
        }

        Qemus.Suspend(sick.Status.Pid);
        if (afterRestart)
        {
            await agent.StartAgainAsync();
            (await agent.Client.GetAsync(sick.Id)).Status.State.ShouldBe(VmState.Unknown);
        }

        var stopped = await agent.Client.ForceStopAsync(sick.Id);

        stopped.Status.State.ShouldBe(VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
        Qemus.ShouldAgree(stopped);
        Qemus.ShouldAgree(await agent.Client.StartAsync(sick.Id, paused: true));
    }

    [Fact]
    public async Task Agent_leaves_although_a_silent_qemu_takes_no_more_connections()
    {
        await using var agent = await Agent.StartAsync();
        var sick = await agent.Client.CreateAndStartAsync(Qemus.Cheap("sick"), paused: true);
        await agent.KillAsync();
        Qemus.Suspend(sick.Status.Pid);
        var waiting = FillDoor(Path.Combine(agent.RunDirectory, "vms", sick.Id, "qmp.sock"));
        await agent.StartAgainAsync();
        (await agent.Client.GetAsync(sick.Id)).Status.State.ShouldBe(VmState.Unknown);

        await agent.StopAsync();

        Qemus.Continue(sick.Status.Pid);
        waiting.ForEach(socket => socket.Dispose());
        await agent.StartAgainAsync();
        (await agent.Client.UntilAsync(sick.Id, VmState.Paused)).Status.RunId.ShouldBe(sick.Status.RunId);
    }

    /// <summary>As many connections as the kernel lets wait at a socket that nobody accepts at.</summary>
    private static List<Socket> FillDoor(string path)
    {
        var waiting = new List<Socket>();
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                waiting.Add(socket);
            }
            catch (SocketException full) when (full.SocketErrorCode is SocketError.WouldBlock)
            {
                socket.Dispose();
                return waiting;
            }
        }
    }

    private static async Task ShouldBeQuickAsync(string what, Task call)
    {
        var clock = Stopwatch.StartNew();
        await call;
        clock.Elapsed.ShouldBeLessThan(Quick, what);
    }
}
