using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.FunctionalTests.Remote;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A ticket opens one console or display, once, for somebody who may nothing else.</summary>
public sealed class TicketTests
{
    private const string Policy = "[role admin]\nmethods = *\n[local]\nuser root = admin\nothers =\n";

    [Fact]
    public async Task Somebody_without_a_right_sees_the_display_by_a_ticket_once()
    {
        await using var agent = await StartAsync();
        await ScreenTests.StartAsync(agent);
        var other = new OtherUser(agent);
        var ticket = (await new Nodectl(agent).RunAsync("vm", "ticket", "hello", "--display")).Succeeded();
        (await other.TypeAsync("", "vm", "display", "hello")).ExitCode.ShouldBe(7);
        (await other.TypeAsync("", "vm", "list")).ExitCode.ShouldBe(7);
        var socket = Path.Combine(other.Home, "viewer");

        var display = other.TypeAsync(ticket, "vm", "display", "hello", "--socket", socket, "--ticket", "-");
        using (var viewer = await ConnectAsync(socket, display))
        {
            (await viewer.HandshakeAsync()).ShouldContain("hello");
            await viewer.AskAsync();
            (await viewer.UpdateAsync()).ShouldBe(viewer.Size.Width * viewer.Size.Height);
        }

        (await display).Succeeded().Trim().ShouldBe(socket);
        var again = await other.TypeAsync(ticket, "vm", "display", "hello", "--socket", socket, "--ticket", "-");
        again.ExitCode.ShouldBe(7);
        again.Errors.ShouldContain("The ticket was used before");
        agent.ReadLog().ShouldContain("uid:65534");
    }

    [Fact]
    public async Task Somebody_without_a_right_looks_at_a_console_and_types_only_where_the_ticket_lets_him()
    {
        await using var agent = await StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await agent.Client.UntilPrintedAsync("obey", Guest.ObeyGreeting);
        var other = new OtherUser(agent);
        var nodectl = new Nodectl(agent);
        string[] console = ["vm", "console", "obey", "--history", "--linger", "2s", "--ticket", "-"];

        var look = (await nodectl.RunAsync("vm", "ticket", "obey", "--console", "--read-only")).Succeeded();
        (await other.TypeAsync(look, console)).Succeeded().ShouldContain(Guest.ObeyGreeting);
        look = (await nodectl.RunAsync("vm", "ticket", "obey", "--console", "--read-only")).Succeeded();
        var typed = await other.TypeAsync(look + "x", console);
        typed.ExitCode.ShouldBe(7);
        typed.Errors.ShouldContain("look only");
        (await agent.Client.ReadConsoleLogAsync("obey")).ShouldNotContain("heard");

        var type = (await nodectl.RunAsync("vm", "ticket", "obey", "--console")).Succeeded();
        (await other.TypeAsync(type + "x", console)).Succeeded().ShouldContain("heard");
    }

    [Fact]
    public async Task Of_a_hundred_who_come_with_one_ticket_at_once_one_gets_in()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration { More = new Dictionary<string, string> { ["limits"] = "max_streams = 200" } });
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await agent.Client.UntilPrintedAsync("obey", Guest.ObeyGreeting);
        var ticket = await IssueAsync(agent, "obey", AccessKind.Console);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenAsync(agent, "obey", ticket)));

        outcomes.Count(outcome => outcome == "open").ShouldBe(1);
        outcomes.Count(outcome => outcome == "TICKET_USED").ShouldBe(99);
    }

    [Fact]
    public async Task Repeat_of_a_request_makes_one_ticket()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Empty("vm"), paused: true);
        var request = new CreateAccessTicketRequest { Vm = "vm", Kind = AccessKind.Console, RequestId = "r" };

        var tickets = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => agent.Client.Vms.CreateAccessTicketAsync(request).ResponseAsync));

        tickets.Distinct().ShouldHaveSingleItem().Ticket.Length.ShouldBe(43);
        (await agent.Client.ListEventsAsync("vm", "vm.requested")).Count(one => one.RequestId == "r").ShouldBe(1);
        request.ReadOnly = true;
        (await Should.ThrowAsync<RpcException>(() => agent.Client.Vms.CreateAccessTicketAsync(request).ResponseAsync)).Reason().ShouldBe("REQUEST_ID_REUSED");
        request.ReadOnly = false;
        await agent.KillAsync();
        await agent.StartAgainAsync();
        (await Should.ThrowAsync<RpcException>(() => agent.Client.Vms.CreateAccessTicketAsync(request).ResponseAsync)).Reason().ShouldBe("REQUEST_ID_REUSED");
        (await OpenAsync(agent, "vm", tickets[0])).ShouldBe("TICKET_UNKNOWN", "the agent's next life knows none of them");
    }

    [Fact]
    public async Task Ticket_is_good_for_its_vm_its_kind_its_time_and_its_run()
    {
        await using var agent = await Agent.StartAsync(new AgentConfiguration { More = new Dictionary<string, string> { ["agent"] = "log_level = debug" } });
        await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true);
        await agent.Client.CreateAndStartAsync(Guest.Empty("two"), paused: true);
        var all = new List<AccessTicket>();

        var brief = await MakeAsync("one", TimeSpan.FromSeconds(1));
        (await OpenAsync(agent, "two", await MakeAsync("one"))).ShouldBe("TICKET_MISMATCH");
        (await OpenAsync(agent, "nobody", await MakeAsync("one"))).ShouldBe("TICKET_MISMATCH", "of other VMs nothing is said");
        var console = await MakeAsync("one");
        using (var viewer = await Viewer.AttachAsync(agent.Client.Vms, "one", Headers(console)))
        {
            (await Should.ThrowAsync<RpcException>(viewer.GreetingAsync)).Reason().ShouldBe("TICKET_MISMATCH");
        }

        // By its id too, and while it is open it goes on: what was opened outlasts the ticket's time, but not the run.
        await using var open = await ConsoleClient.AttachAsync(agent.Client, console.VmId, headers: Headers(console));
        var late = await MakeAsync("one");
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
        (await OpenAsync(agent, "one", brief)).ShouldBe("TICKET_EXPIRED");
        await agent.Client.ForceStopAsync("one");
        await open.UntilEndAsync();
        (await OpenAsync(agent, "one", late)).ShouldBe("TICKET_VOID");
        await agent.Client.StartAsync("one", paused: true);
        (await OpenAsync(agent, "one", late)).ShouldBe("TICKET_VOID", "another run is another thing");
        (await OpenAsync(agent, "one", console)).ShouldBe("TICKET_USED");
        var gone = await MakeAsync("two");
        await agent.Client.ForceStopAsync("two");
        await agent.Client.DeleteAsync("two");
        (await OpenAsync(agent, "two", gone)).ShouldBe("TICKET_VOID");

        // Nobody reads a secret anywhere.
        var told = agent.ReadLog() + string.Concat((await agent.Client.ListEventsAsync()).Select(one => one.ToString())) + await new HttpClient().GetStringAsync(new Uri($"http://{agent.MetricsAddress}/metrics"), TestContext.Current.CancellationToken);
        all.ShouldAllBe(ticket => !told.Contains(ticket.Ticket, StringComparison.Ordinal));
        told.ShouldContain("CreateAccessTicket");

        async Task<AccessTicket> MakeAsync(string vm, TimeSpan? lifetime = null)
        {
            all.Add(await IssueAsync(agent, vm, AccessKind.Console, lifetime));
            return all[^1];
        }
    }

    [Fact]
    public async Task Certificate_of_the_fleet_with_whatever_role_will_do()
    {
        using var fleet = new Fleet();
        await using var agent = await Agent.StartAsync(fleet.Configure());
        await ScreenTests.StartAsync(agent);
        using var certificate = fleet.Certificate("metrics", "screen");
        using var channel = fleet.Dial(certificate);
        var vms = new VmService.VmServiceClient(channel);
        using var without = await Viewer.AttachAsync(vms, "hello");
        (await Should.ThrowAsync<RpcException>(without.GreetingAsync)).Reason().ShouldBe("NOT_PERMITTED");
        var ticket = await IssueAsync(agent, "hello", AccessKind.Display);

        using var viewer = await Viewer.AttachAsync(vms, "hello", Headers(ticket));

        await viewer.HandshakeAsync();
        await viewer.AskAsync();
        (await viewer.UpdateAsync()).ShouldBe(viewer.Size.Width * viewer.Size.Height);
    }

    private static async Task<Agent> StartAsync()
    {
        var agent = Agent.Create();
        var policy = Path.Combine(agent.Root, "policy.conf");
        await File.WriteAllTextAsync(policy, Policy);
        await File.AppendAllTextAsync(agent.ConfigurationFile, $"[access]\npolicy = {policy}\n");
        await agent.StartAgainAsync();
        return agent;
    }

    private static Metadata Headers(AccessTicket ticket) => new() { { "nodeagent-ticket", ticket.Ticket } };

    private static async Task<AccessTicket> IssueAsync(Agent agent, string vm, AccessKind kind, TimeSpan? lifetime = null) =>
        await agent.Client.Vms.CreateAccessTicketAsync(new CreateAccessTicketRequest { Vm = vm, Kind = kind, Lifetime = lifetime?.ToDuration(), RequestId = AgentClient.NewId() });

    // "open", or why not. Open is what has history to show.
    private static async Task<string> OpenAsync(Agent agent, string vm, AccessTicket ticket)
    {
        await using var console = await ConsoleClient.AttachAsync(agent.Client, vm, history: true, headers: Headers(ticket));
        try
        {
            await console.UntilAsync("\n");
            return "open";
        }
        catch (RpcException refusal)
        {
            return refusal.Reason();
        }
    }

    // nodectl makes the socket once the display is open.
    private static async Task<Viewer> ConnectAsync(string path, Task<Command> display)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
                return new Viewer((buffer, cancellationToken) => socket.ReceiveAsync(buffer, cancellationToken), async data => await socket.SendAsync(data), socket);
            }
            catch (SocketException)
            {
                socket.Dispose();
                display.IsCompleted.ShouldBeFalse(display.IsCompleted ? (await display).Errors : "");
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
