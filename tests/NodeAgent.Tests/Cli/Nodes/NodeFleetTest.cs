using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Nodes;

public sealed class NodeFleetTest
{
    private const string Fingerprint = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string Grouped = "00112233 44556677 8899aabb ccddeeff 00112233 44556677 8899aabb ccddeeff";

    [Fact]
    public async Task Joining_shows_the_fleet_its_manager_and_the_key()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Fleet.Joined = Member();

        var shown = (await agent.RunAsync("node", "join", "nodeagent-join-1.abc")).ShouldEndWith(ExitCode.Ok).Out;

        agent.Fleet.Asked!.Token.ShouldBe("nodeagent-join-1.abc");
        shown.ShouldContain("in the fleet Berlin");
        shown.ShouldContain("manager.example:7443");
        shown.ShouldContain(Grouped);
    }

    [Fact]
    public async Task Where_a_person_decides_the_fingerprint_is_shown_and_the_decision_waited_for()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Fleet.Joined = Waiting();
        agent.Fleet.Decided = Member();

        var result = (await agent.RunAsync("node", "join", "nodeagent-join-1.abc")).ShouldEndWith(ExitCode.Ok);

        result.Error.ShouldContain(Grouped);
        result.Out.ShouldContain("in the fleet Berlin");
    }

    [Fact]
    public async Task Without_waiting_it_says_that_the_node_goes_on_asking()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Fleet.Joined = Waiting();

        var shown = (await agent.RunAsync("node", "join", "nodeagent-join-1.abc", "--no-wait")).ShouldEndWith(ExitCode.Ok).Out;

        shown.ShouldContain("goes on asking by itself");
        shown.ShouldContain(Grouped);
    }

    [Fact]
    public async Task Refusal_is_a_failure_and_told()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Fleet.Joined = Waiting();
        agent.Fleet.Decided = new Membership { State = MembershipState.None, Problem = "somebody said no" };

        (await agent.RunAsync("node", "join", "nodeagent-join-1.abc")).ShouldEndWith(ExitCode.Failed).Out.ShouldContain("somebody said no");
    }

    [Fact]
    public async Task Membership_shows_how_it_stands()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync("node", "membership")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("in no fleet");

        agent.Fleet.Membership = Waiting();
        (await agent.RunAsync("node", "membership")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain(Grouped);

        agent.Fleet.Membership = Member();
        agent.Fleet.Membership.Session = new ManagerSession { Since = new() { Seconds = 1_700_000_000 }, Problem = "The manager does not answer." };
        (await agent.RunAsync("node", "membership")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("The manager does not answer.");
        (await agent.RunAsync("node", "membership", "-o", "json")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("\"fleetId\": \"Berlin\"");
    }

    [Fact]
    public async Task Leaving_says_that_the_node_is_in_no_fleet()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Fleet.Membership = Member();

        (await agent.RunAsync("node", "leave")).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("in no fleet");
    }

    private static Membership Member() => new()
    {
        State = MembershipState.Joined,
        FleetId = "Berlin",
        Endpoints = { "manager.example:7443" },
        KeyFingerprint = Fingerprint,
        CertificateNotAfter = new() { Seconds = 1_800_000_000 },
        RenewTime = new() { Seconds = 1_790_000_000 },
    };

    private static Membership Waiting() => new()
    {
        State = MembershipState.Pending,
        FleetId = "Berlin",
        Endpoints = { "manager.example:7443" },
        KeyFingerprint = Fingerprint,
    };
}
