using Google.Protobuf.Reflection;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.Tests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>
/// The real agent, with a guest that runs, is sent what nobody of good will would send: it is still the same process
/// afterwards, no larger, and whoever was not named has noticed nothing.
/// </summary>
public sealed class FuzzTests
{
    private static readonly int Requests = Effort.Pick(10, 40);
    private const long MostGrowth = 64L << 20;

    private static readonly ServiceDescriptor[] Services =
    [
        VmService.Descriptor, NodeService.Descriptor, EventService.Descriptor, FleetService.Descriptor,
        LongRunning.Operations.Descriptor, Grpc.Health.V1.Health.Descriptor,
    ];

    [Fact]
    [Trait(Effort.Trait, Effort.Scaled)]
    public async Task Agent_outlives_any_request_about_a_guest_that_runs()
    {
        await using var agent = await Agent.StartAsync();
        var other = await agent.Client.CreateAndStartAsync(Guest.Empty("bystander"), paused: true);
        var before = 0L;
        foreach (var seed in Fuzz.Seeds)
        {
            foreach (var method in Services.SelectMany(service => service.Methods))
            {
                await MakeVictimAsync(agent);
                var random = Fuzz.Dice(method.FullName, seed);
                for (var number = 0; number < Requests; number++)
                {
                    byte[][] requests = [.. Enumerable.Range(0, method.IsClientStreaming ? random.Next(1, 4) : 1).Select(_ => Fuzz.Request(random, method.InputType))];
                    var code = FuzzCalls.IsStream(method)
                        ? await FuzzCalls.SpeakAsync(agent.Client.Invoker, method, requests)
                        : await FuzzCalls.AskAsync(agent.Client.Invoker, method, requests[0]);
                    code.ShouldNotBeOneOf(FuzzCalls.Defects, $"{method.FullName}, seed {seed}, request {number}: {string.Join(' ', requests.Select(Convert.ToHexString))}");
                }
            }

            // The first round fills what is bounded and filled once.
            before = before == 0 ? ResidentBytes(agent) : before;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{before >> 20} MiB after the first round, {ResidentBytes(agent) >> 20} MiB after the last");
        ResidentBytes(agent).ShouldBeLessThan(before + MostGrowth);
        agent.Process.Exited.IsCompleted.ShouldBeFalse();
        agent.ReadLog().ShouldNotContain("failed by a defect");
        var untouched = await agent.Client.GetAsync(other.Id);
        (untouched.Status.State, untouched.Status.Pid).ShouldBe((other.Status.State, other.Status.Pid));
    }

    // There, and running, whatever was done to it or to the node.
    private static async Task MakeVictimAsync(Agent agent)
    {
        await AnswerAsync(agent.Client.Nodes.ExitMaintenanceAsync(new ExitMaintenanceRequest()).ResponseAsync);
        await AnswerAsync(agent.Client.CreateAsync(Guest.Empty(Fuzz.Vm)));
        await AnswerAsync(agent.Client.StartAsync(Fuzz.Vm, paused: true));
    }

    private static async Task AnswerAsync(Task asked)
    {
        try
        {
            await asked;
        }
        catch (Exception refused) when (refused is RpcException { StatusCode: not StatusCode.Internal and not StatusCode.Unknown } or OperationFailedException)
        {
            // So it is already, or something else is under way with it.
        }
    }

    private static long ResidentBytes(Agent agent) => File.ReadLines($"/proc/{agent.Process.Pid}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line[6..^2].Trim(), System.Globalization.CultureInfo.InvariantCulture) << 10)
        .Single();
}
