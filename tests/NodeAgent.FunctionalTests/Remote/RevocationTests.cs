using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>A certificate that is taken back is worth nothing from then on: streams end, and nobody comes back with it.</summary>
public sealed class RevocationTests : IDisposable
{
    private readonly Fleet _fleet = new();

    [Theory]
    [InlineData("revocation list")]
    [InlineData("denied serials")]
    public async Task Client_that_is_taken_back_is_cut_and_no_other(string how)
    {
        await using var agent = await Agent.StartAsync(_fleet.Configure());
        using var mallory = _fleet.Certificate("operator", "mallory");
        using var alice = _fleet.Certificate("operator", "alice");
        using var bad = _fleet.Dial(mallory);
        using var good = _fleet.Dial(alice);
        using var badWatch = Watch(bad);
        using var goodWatch = Watch(good);
        await UntilSyncedAsync(badWatch.ResponseStream);
        await UntilSyncedAsync(goodWatch.ResponseStream);

        if (how == "denied serials")
        {
            _fleet.Deny(mallory);
        }
        else
        {
            _fleet.Revoke(mallory);
        }

        var cut = await Should.ThrowAsync<RpcException>(() => UntilEndAsync(badWatch.ResponseStream));
        cut.StatusCode.ShouldBeOneOf(StatusCode.Unavailable, StatusCode.Internal, StatusCode.Cancelled);
        await Should.ThrowAsync<RpcException>(async () => await new VmService.VmServiceClient(bad).ListVmsAsync(new ListVmsRequest()));
        agent.ReadLog().ShouldContain("was revoked");

        // Who was let in by another certificate goes on.
        await agent.Client.CreateAsync(Guest.Empty("late"));
        (await UntilVmAsync(goodWatch.ResponseStream)).Name.ShouldBe("late");
    }

    public void Dispose() => _fleet.Dispose();

    private static AsyncServerStreamingCall<WatchVmsResponse> Watch(GrpcChannel channel) => new VmService.VmServiceClient(channel).WatchVms(new WatchVmsRequest());

    private static async Task UntilSyncedAsync(IAsyncStreamReader<WatchVmsResponse> watch)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        (await watch.MoveNext(limit.Token)).ShouldBeTrue();
    }

    private static async Task<Vm> UntilVmAsync(IAsyncStreamReader<WatchVmsResponse> watch)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (await watch.MoveNext(limit.Token))
        {
            if (watch.Current.Vm is { } vm)
            {
                return vm;
            }
        }

        throw new EndOfStreamException("The watch has ended.");
    }

    private static async Task UntilEndAsync(IAsyncStreamReader<WatchVmsResponse> watch)
    {
        while (await watch.MoveNext(CancellationToken.None).WaitAsync(AgentClient.Patience))
        {
        }
    }
}
