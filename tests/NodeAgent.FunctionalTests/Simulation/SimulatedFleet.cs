using System.Diagnostics;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Simulation;

/// <summary>A reference manager and simulated nodes in a process each, all of it in one directory, which goes with it.</summary>
internal sealed class SimulatedFleet : IAsyncDisposable
{
    private readonly DirectoryInfo _directory;
    private readonly List<FleetNode> _nodes = [];
    private readonly string _program;

    private SimulatedFleet(DirectoryInfo directory, string program, LeadingProgram manager)
    {
        _directory = directory;
        _program = program;
        Manager = manager;
    }

    public LeadingProgram Manager { get; }

    public IReadOnlyList<FleetNode> Nodes => _nodes;

    /// <summary>Starts a manager and no node.</summary>
    /// <param name="program">The agent's program.</param>
    /// <param name="leaseInterval">How often nodes say that they live.</param>
    public static async Task<SimulatedFleet> StartAsync(string program, TimeSpan leaseInterval)
    {
        var directory = Directory.CreateTempSubdirectory("nodeagent-simulation-");
        return new SimulatedFleet(directory, program, await LeadingProgram.StartAsync(Path.Combine(directory.FullName, "manager"), leaseInterval));
    }

    /// <summary>Starts nodes, lets them join, and fills them with VMs that run; returns when the manager knows all of it.</summary>
    public async Task GrowAsync(int nodes, int vms)
    {
        // A few at a time, as hosts come; the machine is small.
        await Parallel.ForEachAsync(Enumerable.Range(_nodes.Count, nodes), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            var node = FleetNode.Launch(_program, Path.Combine(_directory.FullName, $"node-{number}"), "--simulate");
            lock (_nodes)
            {
                _nodes.Add(node);
            }

            await node.UntilReadyAsync();
            await node.JoinAsync(await Manager.TokenAsync());
            await node.FillAsync(vms);
        });
        await UntilRunningAsync(_nodes.Count * vms);
    }

    /// <summary>Waits until the manager believes that so many VMs run.</summary>
    public async Task UntilRunningAsync(int vms)
    {
        var began = Stopwatch.GetTimestamp();
        while (await Manager.RunningAsync() is var running && running != vms)
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(1))
            {
                throw new TimeoutException($"The manager knows of {running} VMs that run, and there are {vms}.");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Pauses one VM after the other, on one node after the other, and lets it go on: two changes each.</summary>
    /// <returns>How many VMs.</returns>
    public async Task<int> ChurnAsync(int vms, int eachSecond, TimeSpan duration)
    {
        var count = 0;
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < duration)
        {
            for (; count < elapsed.TotalSeconds * eachSecond; count++)
            {
                var node = _nodes[count % _nodes.Count];
                var vm = $"vm-{count / _nodes.Count % vms}";
                await node.EndedAsync(await node.Vms.PauseVmAsync(new PauseVmRequest { Vm = vm }));
                await node.EndedAsync(await node.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = vm }));
            }

            await Task.Delay(50);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Manager.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
