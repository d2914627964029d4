using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// A whole host of a test class's own: a Debian with its own kernel, systemd, cgroups of version 2 and a working /dev/kvm,
/// in a QEMU that emulates its processor. It boots in a quarter of a minute and is some 20 times as slow as this machine,
/// so one serves all tests of a class. How it is made: tests/lab/host/README.md.
/// </summary>
internal sealed class LabHost : ITestHost
{
    private const string Api = "/run/nodeagent/api.sock";

    private static readonly TimeSpan BootPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan PowerOffPatience = TimeSpan.FromMinutes(4);
    private static int _count;

    private readonly string _log;
    private readonly LabKeeper _keeper;
    private LabDoor? _door;

    private LabHost(string name, string log, LabKeeper keeper)
    {
        Name = name;
        _log = log;
        _keeper = keeper;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The process that keeps it.</summary>
    public LabKeeper Keeper => _keeper;

    private LabDoor Door => _door ?? throw new InvalidOperationException($"{Name} is off.");

    private string ApiHere => Path.Combine(_keeper.Home, "api.sock");

    /// <summary>Skips the test where this machine can't run a lab host.</summary>
    public static void Needed()
    {
        var reason = LabMachine.ReasonAgainst;
        Assert.SkipWhen(reason is not null, $"no lab host: {reason}");
    }

    /// <summary>Makes one and boots it; returns when its systemd has started all that it is to start.</summary>
    /// <param name="log">Begins the names of the files in artifacts/logs/ that its console and its journal are left in.</param>
    /// <param name="arguments">More arguments of its QEMU: devices, nodes, memory.</param>
    /// <param name="append">More of its kernel's command line.</param>
    public static async Task<LabHost> StartAsync(string log, IReadOnlyList<string>? arguments = null, string append = "")
    {
        Needed();
        var name = $"lab-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        var host = new LabHost(name, log, await LabKeeper.StartAsync(name, LabMachine.Image, arguments ?? [], append));
        try
        {
            await host.BootAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Command> RunAsync(string shell) => Door.RunAsync(shell);

    /// <inheritdoc/>
    public Task CopyInAsync(string source, string inside) => Door.CopyInAsync(source, inside);

    /// <inheritdoc/>
    public Task<string> ReachAsync(string socket) => Door.ReachAsync(socket);

    /// <inheritdoc/>
    public AgentClient Connect() => new(ApiHere);

    /// <inheritdoc/>
    public async Task PowerOffAsync()
    {
        // The door may be gone before the shell can tell how it went.
        await RunAsync("systemctl poweroff");
        await _keeper.UntilDownAsync(PowerOffPatience);
        await CloseDoorAsync();
    }

    /// <inheritdoc/>
    public async Task BootAsync()
    {
        var state = await _keeper.BootAsync(BootPatience);
        _door = await LabDoor.OpenAsync(_keeper.Home, (Api, ApiHere));
        if (state != "running")
        {
            throw new InvalidOperationException($"{Name} is {state}:\n{(await RunAsync("systemctl list-units --failed --no-legend")).Output}");
        }
    }

    /// <summary>Ends it, however it is, and takes its disk away.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseDoorAsync();
        Directory.CreateDirectory(Artifacts.Logs);
        foreach (var file in (string[])[_keeper.Console, _keeper.Journal])
        {
            if (File.Exists(file))
            {
                File.Copy(file, Path.Combine(Artifacts.Logs, $"{_log}-{Path.GetFileName(file)}"), overwrite: true);
            }
        }

        await _keeper.DisposeAsync();
    }

    private async Task CloseDoorAsync()
    {
        if (_door is { } door)
        {
            _door = null;
            await door.DisposeAsync();
        }
    }
}
