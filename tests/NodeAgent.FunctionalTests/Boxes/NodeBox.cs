using Grpc.Core;
using Grpc.Health.V1;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A box with the Debian package installed, as an operator has it.</summary>
internal sealed class NodeBox : IAsyncDisposable
{
    private const string Package = "/root/nodeagent.deb", Images = "/var/lib/nodeagent/images";

    private AgentClient? _client;

    private NodeBox(SystemdBox box) => Box = box;

    public SystemdBox Box { get; }

    /// <summary>The API of the agent inside, as root. The first call starts an agent that does not run.</summary>
    public AgentClient Client => _client ??= Box.Connect();

    /// <summary>Boots a host, and makes it a node with two commands.</summary>
    /// <param name="launcher">Who is to run QEMU, when it is not for the agent to choose.</param>
    public static async Task<NodeBox> StartAsync(string? launcher = null)
    {
        var node = new NodeBox(await SystemdBox.StartAsync());
        try
        {
            (await node.InstallAsync(NodePackages.Built)).Succeeded();
            if (launcher is not null)
            {
                await File.WriteAllTextAsync(node.Box.Path("/etc/nodeagent/conf.d/launcher.conf"), $"[qemu]\nlauncher = {launcher}\n");
            }

            (await node.RunAsync("systemctl enable --now nodeagentd")).Succeeded();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Installs a package over whatever is installed, older or newer.</summary>
    public async Task<Command> InstallAsync(string package)
    {
        await Box.CopyInAsync(package, Package);
        return await RunAsync($"apt-get install --yes --quiet --allow-downgrades {Package}");
    }

    /// <summary>Runs a line of shell as root inside.</summary>
    public Task<Command> RunAsync(string shell) => Box.RunAsync(shell);

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

    /// <summary>A guest that prints a line ten times a second; running.</summary>
    public async Task<BoxGuest> StartGuestAsync(string name)
    {
        await Box.CopyInAsync(Path.Combine(Artifacts.Guests, "tick.raw"), $"{Images}/{name}.img");
        var vm = Guest.Empty(name);
        vm.Spec.Machine = "pc";
        vm.Spec.MemoryBytes = 32 << 20;
        vm.Spec.Disks.Add(new Disk { Path = $"{Images}/{name}.img", Format = DiskFormat.Raw });
        return BoxGuest.Of(await Client.CreateAndStartAsync(vm), Box);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await Box.DisposeAsync();
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
