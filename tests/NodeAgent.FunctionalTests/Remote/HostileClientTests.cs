using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>A viewer of bad will costs bounded memory and nobody else's latency. The exact figures are the benchmark's.</summary>
[Collection(nameof(Isolation.AloneCollection))]
[Trait(Effort.Trait, Effort.Scaled)]
public sealed class HostileClientTests : IDisposable
{
    private const long MostMemory = 256L << 20;

    // The wish is 50 ms. Attack, agent and bystander share the machine's processors with whatever else runs there.
    private const double Patience = 1_000;

    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(1);

    private readonly Fleet _fleet = new();

    [Fact]
    public Task Connections() => SurvivedAsync(attack => attack.ConnectionsAsync(Effort.Pick(300, 1_000), Task.Delay(Hold)));

    [Fact]
    public Task Streams() => SurvivedAsync(attack => attack.StreamsAsync(Effort.Pick(2_000, 10_000), Task.Delay(Hold)));

    [Fact]
    public Task Answers_that_nobody_reads() => SurvivedAsync(attack => attack.UnreadAnswersAsync(Effort.Pick(20, 64), Task.Delay(Hold)), vms: 200);

    [Fact]
    public Task Rapid_resets() => SurvivedAsync(attack => attack.ResetsAsync(Effort.Pick(10_000, 100_000)));

    [Fact]
    public Task Messages_of_64_MB() => SurvivedAsync(attack => attack.LargeMessagesAsync(Effort.Pick(100, 1_000)));

    [Fact]
    public Task Compressed_bombs() => SurvivedAsync(attack => attack.CompressedMessagesAsync(Effort.Pick(100, 1_000)));

    [Fact]
    public Task Header_floods() => SurvivedAsync(attack => attack.HeadersAsync(Effort.Pick(100, 1_000)));

    [Fact]
    public Task Calls_that_its_role_may_not_make() => SurvivedAsync(attack => attack.ForbiddenAsync(Effort.Pick(2_000, 20_000)));

    public void Dispose() => _fleet.Dispose();

    private async Task SurvivedAsync(Func<Attack, Task> run, int vms = 1)
    {
        await using var agent = await Agent.StartAsync(_fleet.Configure());
        for (var number = 0; number < vms; number++)
        {
            await agent.Client.CreateAsync(Guest.Empty($"vm{number}"));
        }

        await using var bystander = await Bystander.BeginAsync(_fleet, agent.Process.Pid, "vm0");
        using var certificate = _fleet.Certificate("viewer", "mallory");

        var attack = new Attack(_fleet, certificate);
        await run(attack).WaitAsync(TimeSpan.FromMinutes(5));
        await bystander.EndAsync();

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{attack.Opened} connections, {bystander.Count} answers, p50 {bystander.At(0.5):0.0} ms, p99 {bystander.At(0.99):0.0} ms, the agent at most {bystander.PeakMemory >> 20} MiB");
        attack.Opened.ShouldBeGreaterThan(0, attack.LastFailure);
        bystander.PeakMemory.ShouldBeLessThan(MostMemory);
        bystander.At(0.99).ShouldBeLessThan(Patience);
        agent.ReadLog().ShouldNotContain("failed by a defect");
    }
}
