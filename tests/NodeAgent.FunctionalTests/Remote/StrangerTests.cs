using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>Who never gets through a handshake keeps nobody else out, whether he is slow, many or loud.</summary>
[Collection(nameof(Isolation.AloneCollection))]
[Trait(Effort.Trait, Effort.Scaled)]
public sealed class StrangerTests : IDisposable
{
    private const long MostMemory = 256L << 20;

    // As in HostileClientTests: the wish is 50 ms, and the machine is shared.
    private const double Patience = 1_000;

    private readonly Fleet _fleet = new();

    [Fact]
    public Task Slow_handshakes() => ShutNobodyOutAsync((strangers, until) => strangers.DawdleAsync(Effort.Pick(100, 1_000), until), hold: TimeSpan.FromSeconds(7));

    [Fact]
    public Task Noise() => ShutNobodyOutAsync((strangers, _) => strangers.NoiseAsync(Effort.Pick(1_000, 10_000)));

    [Fact]
    public Task Certificates_of_nobody() => ShutNobodyOutAsync((strangers, _) => strangers.HandshakesAsync(Effort.Pick(200, 2_000)));

    public void Dispose() => _fleet.Dispose();

    private async Task ShutNobodyOutAsync(Func<Strangers, Task, Task> run, TimeSpan hold = default)
    {
        await using var agent = await Agent.StartAsync(_fleet.Configure());
        await agent.Client.CreateAsync(Guest.Empty("vm"));
        await using var bystander = await Bystander.BeginAsync(_fleet, agent.Process.Pid, "vm");
        using var certificate = _fleet.Certificate("viewer", "newcomer");
        var strangers = new Strangers(_fleet);
        using var enough = new CancellationTokenSource();
        var until = Task.Delay(Timeout.Infinite, enough.Token).ContinueWith(_ => { }, TaskScheduler.Default);

        var flood = run(strangers, until);
        var newcomers = 0;
        var held = Task.Delay(hold);
        do
        {
            // Somebody comes from another address while they are at it.
            using var channel = _fleet.Dial(certificate);
            await new VmService.VmServiceClient(channel).GetVmAsync(new GetVmRequest { Vm = "vm" }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20));
            newcomers++;
        }
        while (!held.IsCompleted || (hold == default && !flood.IsCompleted));

        await enough.CancelAsync();
        await flood.WaitAsync(TimeSpan.FromMinutes(5));
        await bystander.EndAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{strangers.Ended} sent away, {newcomers} came in meanwhile; p50 {bystander.At(0.5):0.0} ms, p99 {bystander.At(0.99):0.0} ms, the agent at most {bystander.PeakMemory >> 20} MiB");
        strangers.Ended.ShouldBeGreaterThan(100, "they were there, and were sent away");
        bystander.PeakMemory.ShouldBeLessThan(MostMemory);
        bystander.At(0.99).ShouldBeLessThan(Patience);
        agent.ReadLog().ShouldNotContain("failed by a defect");
    }
}
