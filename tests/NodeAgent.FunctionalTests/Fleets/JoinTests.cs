using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Survival;
using NodeAgent.V1;
using ReferenceManager.Admin.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>A node comes into a fleet: by a token, by a person's word, or not at all, and then it is told why.</summary>
public sealed class JoinTests : IAsyncLifetime
{
    private FleetLeader _leader = null!;

    public async ValueTask InitializeAsync() => _leader = await FleetLeader.StartAsync();

    public ValueTask DisposeAsync() => _leader.DisposeAsync();

    [Fact]
    public async Task Node_that_joins_by_a_token_is_at_work_at_once()
    {
        await using var agent = await Agent.StartAsync();
        var token = await _leader.TokenAsync();
        var begin = Stopwatch.GetTimestamp();

        var said = (await new Nodectl(agent).TypeAsync(token + "\n", "node", "join", "-")).Succeeded();
        var member = await agent.UntilConnectedAsync();
        var id = await agent.NodeIdAsync();
        var node = await _leader.UntilNodeAsync(id, one => one.State == "connected" && one.InventoryGeneration > 0, "known");

        TestContext.Current.TestOutputHelper?.WriteLine($"From the command to the manager's knowledge: {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0} ms");
        said.ShouldContain("The node is in the fleet ft.");
        member.State.ShouldBe(MembershipState.Joined);
        member.Endpoints.ShouldBe([_leader.Address]);
        member.Session.ManagerId.ShouldBe("reference");
        node.Hostname.ShouldBe(System.Environment.MachineName);
        node.CertificateExpireTime.ShouldBe(member.CertificateNotAfter);
        node.ApiEndpoints.ShouldBeEmpty();

        // Nothing but the agent's own user may read what it keeps of the fleet.
        foreach (var file in Directory.EnumerateFiles(Path.Combine(agent.StateDirectory, "fleet"), "*", SearchOption.AllDirectories))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }
    }

    [Fact]
    public async Task Token_that_is_no_good_is_refused_in_words_that_help()
    {
        await using var first = await _leader.StartMemberAsync();
        await using var agent = await Agent.StartAsync();
        var good = await _leader.TokenAsync();
        var used = await _leader.TokenAsync();
        await using (var other = await Agent.StartAsync())
        {
            await other.JoinAsync(used);
        }

        await RefusedAsync(agent, used, "another node has joined with this token", "make a new one");
        await RefusedAsync(agent, good[..^20], "is not whole", "Copy the whole line again");
        await RefusedAsync(agent, good.Replace("nodeagent-join-1.", "nodeagent-join-1.A", StringComparison.Ordinal), "is not whole");
        await RefusedAsync(agent, "sesame", "no join token", "nodeagent-join-1.");
        await RefusedAsync(agent, Tokens.Change(good, token => token.ExpireTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(-1))), "ended at", "Check the clock, or have a new token made");
        await RefusedAsync(agent, Tokens.Change(good, token => token.Secret = ByteString.CopyFrom(new byte[32])), "never made this token", "make a new one");
        await RefusedAsync(agent, Tokens.Change(good, token => token.CaPins[0] = ByteString.CopyFrom(new byte[32])), "is not the fleet's manager", "nothing secret was sent");
        await RefusedAsync(agent, Tokens.Change(good, token => token.Endpoints[0] = "127.0.0.1:1"), "does not answer", "127.0.0.1:1");

        // By the manager's clock it has ended, whatever the text says.
        var brief = await _leader.TokenAsync(TimeSpan.FromMilliseconds(1));
        await RefusedAsync(agent, Tokens.Change(brief, token => token.ExpireTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddHours(1))), "the token ended at", "make a new one");

        // The node is as it was, and what was refused has cost nothing.
        (await agent.MembershipAsync()).State.ShouldBe(MembershipState.None);
        (await agent.JoinAsync(good)).State.ShouldBe(MembershipState.Joined);
        await agent.UntilConnectedAsync();
    }

    [Fact]
    public async Task Node_that_comes_again_waits_for_a_person_who_compares_the_key()
    {
        await using var agent = await _leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        var before = (await agent.MembershipAsync()).KeyFingerprint;
        await agent.LeaveAsync();

        var said = (await new Nodectl(agent).TypeAsync(await _leader.TokenAsync() + "\n", "node", "join", "-", "--no-wait")).Succeeded();

        var pending = (await _leader.Admin.ListPendingAsync(new ListPendingRequest())).Enrolments.ShouldHaveSingleItem();
        pending.NodeId.ShouldBe(id);
        pending.KeyFingerprint.ShouldNotBe(before);
        said.Replace(" ", "", StringComparison.Ordinal).ShouldContain(pending.KeyFingerprint);
        (await agent.MembershipAsync()).State.ShouldBe(MembershipState.Pending);

        // An agent that is killed meanwhile goes on asking with the same key.
        await agent.KillAsync();
        await agent.StartAgainAsync();
        await _leader.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = id, Approve = true });

        (await agent.UntilConnectedAsync()).KeyFingerprint.ShouldBe(pending.KeyFingerprint);
    }

    [Fact]
    public async Task Node_that_a_person_rejects_is_told()
    {
        await using var agent = await _leader.StartMemberAsync();
        await agent.LeaveAsync();
        await agent.JoinAsync(await _leader.TokenAsync());

        await _leader.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = await agent.NodeIdAsync(), Approve = false });

        var member = await agent.UntilMemberAsync(now => now.State == MembershipState.None, "in no fleet");
        member.Problem.ShouldContain("refused");
    }

    [Fact]
    public async Task What_a_full_disk_does_not_take_of_the_fleet_is_said_and_is_taken_when_there_is_space()
    {
        await using var disk = await SmallDisk.MountAsync(16);
        await using var agent = await Agent.StartAsync(new AgentConfiguration { StateDirectory = Path.Combine(disk.Root, "state") });
        var token = await _leader.TokenAsync();

        disk.Fill();
        (await Should.ThrowAsync<RpcException>(() => agent.JoinAsync(token))).Reason().ShouldBe("MEMBERSHIP_NOT_KEPT");
        (await agent.MembershipAsync()).State.ShouldBe(MembershipState.None);
        (await _leader.Admin.ListPendingAsync(new ListPendingRequest())).Enrolments.ShouldBeEmpty("nobody is asked for what could not be kept");
        disk.Free();

        // What was begun on the full disk is no stumbling block for the next agent.
        await agent.KillAsync();
        await agent.StartAgainAsync();
        var none = await agent.MembershipAsync();
        none.State.ShouldBe(MembershipState.None);
        none.Problem.ShouldBeEmpty();
        (await agent.JoinAsync(token)).State.ShouldBe(MembershipState.Joined);
        await agent.UntilConnectedAsync();

        // The disk fills up while a person decides: the key is kept, so that the node asks until it can keep the answer.
        await agent.LeaveAsync();
        await agent.JoinAsync(await _leader.TokenAsync());
        disk.Fill();
        await _leader.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = await agent.NodeIdAsync(), Approve = true });
        (await agent.UntilMemberAsync(now => now.Problem.Contains("can't be kept", StringComparison.Ordinal), "without space for the answer")).State.ShouldBe(MembershipState.Pending);
        disk.Free();
        await agent.UntilConnectedAsync();
    }

    [Theory]
    [InlineData("fleet.json", MembershipState.None)]
    [InlineData("pending.json", MembershipState.Joined)]
    public async Task Damaged_membership_is_set_aside_and_keeps_no_agent_from_its_guests(string file, MembershipState left)
    {
        await using var agent = await _leader.StartMemberAsync();
        var guest = await agent.Client.CreateAndStartAsync(Qemus.Cheap("guest"), paused: true);
        var path = Path.Combine(agent.StateDirectory, "fleet", file);
        await agent.KillAsync();
        await File.WriteAllTextAsync(path, """{"fleet_id":"f""");

        await agent.StartAgainAsync();

        Qemus.ShouldAgree(await agent.Client.GetAsync(guest.Id));
        var member = await agent.MembershipAsync();
        member.State.ShouldBe(left);
        agent.ReadLog().ShouldContain($"{path} is damaged");
        File.Exists(path + ".damaged").ShouldBeTrue();
        if (left is MembershipState.Joined)
        {
            await agent.UntilConnectedAsync();
            return;
        }

        member.Problem.ShouldContain("join its fleet again");

        // The key is kept for whoever can mend the file; and a node that joins again is one that a person lets in.
        Directory.GetDirectories(Path.GetDirectoryName(path)!).ShouldHaveSingleItem();
        (await agent.JoinAsync(await _leader.TokenAsync())).State.ShouldBe(MembershipState.Pending);
        await _leader.Admin.DecideEnrolmentAsync(new DecideEnrolmentRequest { Id = await agent.NodeIdAsync(), Approve = true });
        await agent.UntilConnectedAsync();
    }

    private static async Task RefusedAsync(Agent agent, string token, params string[] words)
    {
        var run = await new Nodectl(agent).TypeAsync(token + "\n", "node", "join", "-");
        run.ExitCode.ShouldNotBe(0);
        foreach (var word in words)
        {
            // Wrapped to a terminal's width.
            string.Join(' ', run.Errors.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)).ShouldContain(word);
        }
    }
}
