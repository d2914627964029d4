using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Manager.V1;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>Whatever a node or a stranger sends, the manager answers in words, and goes on with the others.</summary>
public sealed class ManagerFuzzTests : IAsyncLifetime
{
    private const int Requests = 120, Sessions = 40;

    private TestFleet _fleet = null!;

    public static TheoryData<string> Enrolling => [.. EnrolmentService.Descriptor.Methods.Select(method => method.Name)];

    public static TheoryData<string> Speaking => [.. SessionService.Descriptor.Methods.Select(method => method.Name)];

    public async ValueTask InitializeAsync() => _fleet = await TestFleet.StartAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Theory]
    [MemberData(nameof(Enrolling))]
    public async Task Stranger_is_answered_whatever_he_asks(string name)
    {
        var method = EnrolmentService.Descriptor.FindMethodByName(name);
        using var stranger = new TestNode(_fleet, "stranger");
        var calls = stranger.Anonymous;
        foreach (var seed in Fuzz.Seeds)
        {
            var random = Fuzz.Dice(name, seed);
            for (var number = 0; number < Requests; number++)
            {
                var isNoise = random.Next(4) == 0;
                var request = isNoise ? Fuzz.Noise(random) : Fuzz.Message(random, method.InputType).ToByteArray();
                ShouldBeNoDefect(await FuzzCalls.AskAsync(calls, method, request), isNoise, $"{name}, seed {seed}, request {number}: {Convert.ToHexString(request)}");
            }
        }

        await ShouldServeAsync();
    }

    [Theory]
    [MemberData(nameof(Speaking))]
    public async Task Node_is_answered_whatever_it_says(string name)
    {
        var method = SessionService.Descriptor.FindMethodByName(name);
        using var node = await _fleet.JoinAsync();
        var calls = node.Calls();
        foreach (var seed in Fuzz.Seeds)
        {
            var random = Fuzz.Dice(name, seed);
            for (var number = 0; number < Sessions; number++)
            {
                var isNoise = random.Next(4) == 0;
                byte[][] said = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => isNoise ? Fuzz.Noise(random) : Fuzz.Message(random, method.InputType).ToByteArray())];
                if (name == "OpenSession" && random.Next(3) > 0)
                {
                    // Past the door, where more is believed.
                    said[0] = new OpenSessionRequest { Hello = new Hello { Node = node.Identity, EventLogId = "log", TrustVersion = node.Trust.Version } }.ToByteArray();
                }

                ShouldBeNoDefect(await FuzzCalls.SpeakAsync(calls, method, said), isNoise, $"{name}, seed {seed}, session {number}: {string.Join(' ', said.Select(Convert.ToHexString))}");
            }
        }

        await ShouldServeAsync();
    }

    // To bytes that are no message the framework answers UNKNOWN before the manager hears of them.
    private static void ShouldBeNoDefect(StatusCode code, bool isNoise, string what) =>
        code.ShouldNotBeOneOf([.. FuzzCalls.Defects.Where(defect => !isNoise || defect is not StatusCode.Unknown)], what);

    // Another node comes in, and is heard.
    private async Task ShouldServeAsync()
    {
        using var other = await _fleet.JoinAsync("other");
        using var session = await other.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);
        await session.SendLeaseAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Lease);
    }
}
