using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>A test's agent as a member of a fleet.</summary>
internal static class Members
{
    /// <summary>Starts an agent that joins a manager's fleet; returns when their session is open.</summary>
    public static async Task<Agent> StartMemberAsync(this FleetLeader leader, AgentConfiguration? configuration = null)
    {
        var agent = await Agent.StartAsync(configuration);
        try
        {
            await agent.JoinAsync(await leader.TokenAsync());
            await agent.UntilConnectedAsync();
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    public static async Task<Membership> JoinAsync(this Agent agent, string token) =>
        await agent.Client.Fleet.JoinFleetAsync(new JoinFleetRequest { Token = token, RequestId = AgentClient.NewId() });

    public static async Task<Membership> LeaveAsync(this Agent agent) =>
        await agent.Client.Fleet.LeaveFleetAsync(new LeaveFleetRequest { RequestId = AgentClient.NewId() });

    public static async Task<Membership> MembershipAsync(this Agent agent) => await agent.Client.Fleet.GetMembershipAsync(new GetMembershipRequest());

    /// <summary>The node's stable id.</summary>
    public static async Task<string> NodeIdAsync(this Agent agent) => (await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest())).Id;

    public static Task<Membership> UntilConnectedAsync(this Agent agent) => agent.UntilMemberAsync(now => now.Session is { Connected: true }, "connected");

    public static Task<Membership> UntilDisconnectedAsync(this Agent agent) => agent.UntilMemberAsync(now => now.Session is not { Connected: true }, "disconnected");

    /// <summary>Waits until the membership is as wanted.</summary>
    public static async Task<Membership> UntilMemberAsync(this Agent agent, Func<Membership, bool> isWanted, string wanted)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            var now = await agent.MembershipAsync();
            if (isWanted(now))
            {
                return now;
            }

            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"The node is not {wanted}: {now}\n{agent.ReadLog()}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Number of the newest event on a node.</summary>
    public static async Task<long> NewestEventAsync(this Agent agent) => (await agent.Client.ListEventsAsync())[^1].Sequence;
}
