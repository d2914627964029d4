using NodeAgent.FunctionalTests.Remote;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>Callers from elsewhere: one VM read by mutual TLS, and the same while somebody else does his worst.</summary>
internal static class Remotes
{
    private const int Streams = 10_000, Connections = 1_000;

    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Results results)
    {
        using var fleet = new Fleet();
        await using var agent = await BenchAgent.StartAsync(fleet.Configure().ToIni(Path.GetTempPath()));
        await agent.CreateAsync("read");
        using var certificate = fleet.Certificate("viewer", "reader");
        using var channel = fleet.Dial(certificate);
        var vms = new VmService.VmServiceClient(channel);
        var samples = new List<double>();
        for (var i = -500; i < 3000; i++)
        {
            var time = await Starts.TimeAsync(async () => await vms.GetVmAsync(new GetVmRequest { Vm = "read" }));
            if (i >= 0)
            {
                samples.Add(time);
            }
        }

        results.Figure("GetVm by mutual TLS", "ms", samples, 0.7);
        await AttackAsync(results, fleet, agent, "10,000 streams", attack => attack.StreamsAsync(Streams, Task.Delay(Hold)));
        await AttackAsync(results, fleet, agent, "1,000 connections", attack => attack.ConnectionsAsync(Connections, Task.Delay(Hold)));
        await agent.DeleteAsync("read");
    }

    private static async Task AttackAsync(Results results, Fleet fleet, BenchAgent agent, string name, Func<Attack, Task> run)
    {
        using var certificate = fleet.Certificate("viewer", "mallory");
        await using var bystander = await Bystander.BeginAsync(fleet, agent.Process.Pid, "read");
        var attack = new Attack(fleet, certificate);
        await run(attack);
        await bystander.EndAsync();
        if (attack.Opened == 0)
        {
            throw new InvalidOperationException($"The attack did not come through: {attack.LastFailure}");
        }

        results.Figure($"{name}: another's GetVm, p99", "ms", [bystander.At(0.99)], 50);
        results.Figure($"{name}: memory of the agent", "MiB", [bystander.PeakMemory / 1048576.0], 256);
    }
}
