using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A VM's display as a viewer has it, from wherever the agent is reached.</summary>
public sealed class ScreenTests
{
    private const string Name = "hello";

    [Fact]
    public async Task Viewer_shakes_hands_and_sees_the_whole_screen()
    {
        await using var agent = await Agent.StartAsync();
        await StartAsync(agent);

        using var viewer = await Viewer.AttachAsync(agent.Client.Vms, Name);
        (await viewer.HandshakeAsync()).ShouldContain(Name);
        await viewer.AskAsync();

        (await viewer.UpdateAsync()).ShouldBe(viewer.Size.Width * viewer.Size.Height);
        viewer.Size.Width.ShouldBeInRange(320, 4096);
    }

    [Fact]
    public async Task Viewers_share_a_display_and_all_see_its_end()
    {
        await using var agent = await Agent.StartAsync();
        await StartAsync(agent);
        using var first = await Viewer.AttachAsync(agent.Client.Vms, Name);
        using var second = await Viewer.AttachAsync(agent.Client.Vms, Name);
        await first.HandshakeAsync();
        await second.HandshakeAsync();
        await first.AskAsync();
        (await first.UpdateAsync()).ShouldBePositive();

        await agent.Client.ForceStopAsync(Name);

        await first.UntilEndAsync();
        await second.UntilEndAsync();
    }

    [Fact]
    public async Task Viewer_that_takes_nothing_holds_up_nobody_and_goes_with_the_guest()
    {
        const int Limit = 2;
        await using var agent = await Agent.StartAsync(new AgentConfiguration { More = new Dictionary<string, string> { ["limits"] = $"max_streams = {Limit}" } });
        var vm = await StartAsync(agent);
        using var lazy = await Viewer.AttachAsync(agent.Client.Vms, Name);
        await lazy.HandshakeAsync();
        for (var update = 0; update < 20; update++)
        {
            // Each is more than a megabyte, and none of it is read.
            await lazy.AskAsync();
        }

        using (var other = new AgentClient(agent.Socket))
        {
            using var viewer = await Viewer.AttachAsync(other.Vms, Name);
            await viewer.HandshakeAsync();
            await viewer.AskAsync();
            (await viewer.UpdateAsync()).ShouldBePositive();
            using var third = await Viewer.AttachAsync(other.Vms, Name);
            (await Should.ThrowAsync<RpcException>(third.GreetingAsync)).Reason().ShouldBe("TOO_MANY_STREAMS");
        }

        using (var qemu = Bindings.Linux.PidFd.TryOpen(vm.Status.Pid)!)
        {
            qemu.Send(Bindings.Linux.PidFd.Kill);
        }

        // To watch would be a stream as well, and those who left may hold their places for another moment.
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while ((await agent.Client.GetAsync(Name)).Status.State is not VmState.Stopped)
        {
            await Task.Delay(20, limit.Token);
        }

        await UntilPlacesAsync(agent, Limit);
    }

    [Fact]
    public async Task Without_display_or_guest_the_caller_is_told_what_to_do()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Empty("blind"), paused: true);
        var stopped = Guest.Empty("stopped");
        stopped.Spec.Display = new DisplaySpec { Vnc = true };
        await agent.Client.CreateAsync(stopped);

        (await RefusalAsync(agent, "blind")).ShouldBe((StatusCode.FailedPrecondition, "NO_SUCH_DEVICE"));
        (await RefusalAsync(agent, "stopped")).ShouldBe((StatusCode.FailedPrecondition, "NOT_RUNNING"));
        (await RefusalAsync(agent, "nobody")).ShouldBe((StatusCode.NotFound, "NOT_FOUND"));
    }

    [Fact]
    public async Task Display_survives_the_agent_for_the_next_viewer()
    {
        await using var agent = await Agent.StartAsync();
        await StartAsync(agent);
        using (var viewer = await Viewer.AttachAsync(agent.Client.Vms, Name))
        {
            await viewer.HandshakeAsync();
            await agent.KillAsync();
        }

        await agent.StartAgainAsync();
        (await agent.Client.Vms.ListVmsAsync(new ListVmsRequest())).Vms.ShouldHaveSingleItem("its process is not taken for a stray's as well");

        using var next = await Viewer.AttachAsync(agent.Client.Vms, Name);
        await next.HandshakeAsync();
        await next.AskAsync();
        (await next.UpdateAsync()).ShouldBePositive();
    }

    [Fact]
    public async Task Socket_of_the_display_is_nobodys_but_the_agents()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await StartAsync(agent);
        var other = new OtherUser(agent);

        (await other.TryAsync(vm.Status.VncSocket)).ExitCode.ShouldBe(7, "not permitted");

        const UnixFileMode strangers = (UnixFileMode)0x3F;
        for (var directory = Path.GetDirectoryName(vm.Status.VncSocket)!; directory != Path.Combine(agent.RunDirectory, "vms"); directory = Path.GetDirectoryName(directory)!)
        {
            (File.GetUnixFileMode(directory) & strangers).ShouldBe(UnixFileMode.None, directory);
        }
    }

    /// <summary>A guest with a display; it has printed something on it.</summary>
    internal static async Task<Vm> StartAsync(Agent agent, string name = Name)
    {
        var spec = Guest.Bios(agent, "hello", name);
        spec.Spec.Display = new DisplaySpec { Vnc = true };
        var vm = await agent.Client.CreateAndStartAsync(spec);
        await agent.Client.UntilPrintedAsync(name, Guest.HelloGreeting);
        return vm;
    }

    private static async Task<(StatusCode Code, string Reason)> RefusalAsync(Agent agent, string vm)
    {
        using var viewer = await Viewer.AttachAsync(agent.Client.Vms, vm);
        var refusal = await Should.ThrowAsync<RpcException>(viewer.GreetingAsync);
        return (refusal.StatusCode, refusal.Reason());
    }

    // Streams that have ended are counted off a moment later.
    private static async Task UntilPlacesAsync(Agent agent, int places)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var client = new AgentClient(agent.Socket);
        while (true)
        {
            var open = new List<AsyncServerStreamingCall<WatchVmsResponse>>();
            try
            {
                for (var place = 0; place < places; place++)
                {
                    open.Add(client.Vms.WatchVms(new WatchVmsRequest()));
                    await open[^1].ResponseStream.MoveNext(limit.Token);
                }

                return;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.ResourceExhausted)
            {
                await Task.Delay(20, limit.Token);
            }
            finally
            {
                open.ForEach(call => call.Dispose());
            }
        }
    }
}
