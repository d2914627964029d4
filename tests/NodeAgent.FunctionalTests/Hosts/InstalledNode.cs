using Grpc.Core;
using Grpc.Health.V1;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Boxes;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>A host with the Debian package installed, as an operator has it.</summary>
/// <param name="host">The host, which goes with it.</param>
internal class InstalledNode(ITestHost host) : IAsyncDisposable
{
    private const string Package = "/root/nodeagent.deb";

    private AgentClient? _client;

    /// <summary>Where images lie.</summary>
    public static string Images => "/var/lib/nodeagent/images";

    /// <summary>Where it is installed.</summary>
    public ITestHost Host => host;

    /// <summary>The API of the agent inside, as root. The first call starts an agent that does not run.</summary>
    public AgentClient Client => _client ??= host.Connect();

    /// <summary>Makes the host a node with two commands.</summary>
    /// <param name="between">A line of shell between them, for what an operator would set before the first start.</param>
    public async Task BecomeNodeAsync(string between = "true")
    {
        (await InstallAsync(NodePackages.Built)).Succeeded();
        (await RunAsync(between)).Succeeded();
        (await RunAsync("systemctl enable --now nodeagentd")).Succeeded();
    }

    /// <summary>Installs a package over whatever is installed, older or newer.</summary>
    public async Task<Command> InstallAsync(string package)
    {
        await host.CopyInAsync(package, Package);
        return await RunAsync($"apt-get install --yes --quiet --allow-downgrades {Package}");
    }

    /// <summary>Runs a line of shell as root inside.</summary>
    public Task<Command> RunAsync(string shell) => host.RunAsync(shell);

    /// <summary>One property of a unit, see systemctl(1).</summary>
    public async Task<string> ShowAsync(string property, string unit = "nodeagentd.service") =>
        (await RunAsync($"systemctl show --value --property={property} {unit}")).Succeeded().Trim();

    /// <summary>Waits until a unit's property is as wanted.</summary>
    public async Task UntilAsync(string property, Func<string, bool> isWanted, string unit = "nodeagentd.service")
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var now = await ShowAsync(property, unit);
        while (!isWanted(now))
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{property} of {unit} stays {now}.\n{(await RunAsync($"systemctl status {unit}")).Output}");
            }

            await Task.Delay(50);
            now = await ShowAsync(property, unit);
        }
    }

    /// <summary>Waits until an agent has looked after its guests and serves.</summary>
    public async Task UntilServingAsync()
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (!await IsServingAsync(limit.Token))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Waits until machined's list of machines is as wanted; it hears of a guest a moment after the guest is there.</summary>
    public async Task UntilMachinesAsync(Func<string[], bool> isWanted)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        string[] machines;
        do
        {
            await Task.Delay(50, limit.Token);
            var listed = (await RunAsync("machinectl list --no-legend")).Output;
            machines = [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
        }
        while (!isWanted(machines));
    }

    /// <summary>A guest that prints a line ten times a second; running.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="change">What is to be different about it.</param>
    public async Task<Vm> StartTickAsync(string name, Action<VmSpec>? change = null)
    {
        await host.CopyInAsync(Path.Combine(Artifacts.Guests, "tick.raw"), $"{Images}/{name}.img");
        var vm = Guest.Empty(name);
        vm.Spec.Machine = "pc";
        vm.Spec.MemoryBytes = 32 << 20;
        vm.Spec.Disks.Add(new Disk { Path = $"{Images}/{name}.img", Format = DiskFormat.Raw });
        change?.Invoke(vm.Spec);
        return await Client.CreateAndStartAsync(vm);
    }

    /// <summary>The unit that a running guest's QEMU is in.</summary>
    public async Task<string> UnitOfAsync(Vm guest) =>
        (await RunAsync($"grep -o 'nodeagent-vm-[^/]*[.]service' /proc/{guest.Status.Pid}/cgroup | head -n 1")).Succeeded().Trim();

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await host.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<bool> IsServingAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Client.Health.CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken);
            return answer.Status is HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable)
        {
            return false;
        }
    }
}
