using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Manager.V1;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;

namespace NodeAgent.Tests.Fleet;

/// <summary>Whatever a manager says, a node neither falls over nor forgets whose it is: at the next good word it goes on.</summary>
public sealed class HostileManagerTests : IDisposable
{
    private const int Joins = 40, Sessions = 4, Words = 150;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestFleet _fleet = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _fleet.Dispose();

    [Theory]
    [InlineData(nameof(EnrolmentService.EnrolmentServiceClient.GetTrustBundle))]
    [InlineData(nameof(EnrolmentService.EnrolmentServiceClient.Enrol))]
    public async Task Whatever_is_answered_to_a_node_that_joins_it_can_join_afterwards(string method)
    {
        var answer = EnrolmentService.Descriptor.FindMethodByName(method).OutputType;
        await using var manager = await RawLeader.StartAsync(_fleet);
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        var fleet = new V1.FleetService.FleetServiceClient(agent.Channel);
        foreach (var seed in Fuzz.Seeds)
        {
            var random = Fuzz.Dice(method, seed);
            for (var number = 0; number < Joins; number++)
            {
                var said = Fuzz.Request(random, answer);
                manager.Script[method] = () => [said];
                var code = await CodeAsync(fleet.JoinFleetAsync(new V1.JoinFleetRequest { Token = manager.Token() }, Options()));
                code.ShouldNotBeOneOf(FuzzCalls.Defects, $"{method}, seed {seed}, join {number}: {Convert.ToHexString(said)}");
                // What was begun, or let in by chance, is given up.
                (await CodeAsync(fleet.LeaveFleetAsync(new V1.LeaveFleetRequest(), Options()))).ShouldBeOneOf(StatusCode.OK, StatusCode.FailedPrecondition);
            }
        }

        manager.Script.Clear();
        await fleet.JoinFleetAsync(new V1.JoinFleetRequest { Token = manager.Token() }, Options());
        await UntilAsync(() => manager.Leases > 0, "the node does not come to its manager any more");
        (await agent.StopAsync()).ShouldNotContain("failed by a defect");
    }

    [Fact]
    public async Task Whatever_is_said_in_a_session_the_next_good_one_goes_on()
    {
        await using var manager = await RawLeader.StartAsync(_fleet);
        await using var agent = await RunningAgent.StartAsync();
        agent.KeepMembership();
        var vms = new V1.VmService.VmServiceClient(agent.Channel);
        await vms.CreateVmAsync(new V1.CreateVmRequest { Vm = new V1.Vm { Name = Fuzz.Vm, Spec = new V1.VmSpec { Cpu = new V1.CpuSpec { Vcpus = 1 }, MemoryBytes = 16 << 20 } } }, Options());
        var fleet = new V1.FleetService.FleetServiceClient(agent.Channel);
        var member = await fleet.JoinFleetAsync(new V1.JoinFleetRequest { Token = manager.Token() }, Options());
        await UntilAsync(() => manager.Leases > 0, "the node does not come");

        foreach (var seed in Fuzz.Seeds)
        {
            var random = Fuzz.Dice("session", seed);
            var sessions = 0;
            manager.Script["OpenTunnel"] = () => Enumerable.Range(0, 5).Select(_ => Fuzz.Request(random, OpenTunnelResponse.Descriptor));
            manager.Script["Renew"] = () => [Fuzz.Request(random, RenewResponse.Descriptor)];
            manager.Script["OpenSession"] = () =>
            {
                Interlocked.Increment(ref sessions);
                return SessionOf(random);
            };

            // Who leaves and joins dials at once, whatever went before.
            for (var number = 0; number < Sessions; number++)
            {
                await fleet.LeaveFleetAsync(new V1.LeaveFleetRequest(), Options());
                await fleet.JoinFleetAsync(new V1.JoinFleetRequest { Token = manager.Token() }, Options());
                var wanted = number + 1;
                await UntilAsync(() => Volatile.Read(ref sessions) >= wanted, $"the node opens no session; seed {seed}");
            }
        }

        var leases = manager.Leases;
        manager.Script.Clear();
        await UntilAsync(() => manager.Leases > leases, "the node does not come to its manager any more");
        var after = await fleet.GetMembershipAsync(new V1.GetMembershipRequest(), Options());
        after.Endpoints.ShouldBe(member.Endpoints);
        after.FleetId.ShouldBe(member.FleetId);
        (await vms.ListVmsAsync(new V1.ListVmsRequest(), Options())).Vms.ShouldHaveSingleItem().Name.ShouldBe(Fuzz.Vm);
        (await agent.StopAsync()).ShouldNotContain("failed by a defect");
    }

    // A good begin most of the time, or nothing that comes after it would be heard.
    private static IEnumerable<byte[]> SessionOf(Random random)
    {
        yield return random.Next(4) == 0
            ? Fuzz.Request(random, OpenSessionResponse.Descriptor)
            : new OpenSessionResponse { Welcome = new Welcome { LeaseInterval = new() { Seconds = 1 }, ManagerId = "hostile" } }.ToByteArray();
        for (var word = 0; word < Words; word++)
        {
            // What cannot be read ends a session, and so comes late.
            yield return word < Words - 5 ? Fuzz.Message(random, OpenSessionResponse.Descriptor).ToByteArray() : Fuzz.Request(random, OpenSessionResponse.Descriptor);
        }
    }

    private static async Task<StatusCode> CodeAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private static CallOptions Options() => new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience, cancellationToken: Cancellation);

    private static async Task UntilAsync(Func<bool> isSo, string complaint)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            limit.IsCancellationRequested.ShouldBeFalse(complaint);
            await Task.Delay(20, Cancellation);
        }
    }
}
