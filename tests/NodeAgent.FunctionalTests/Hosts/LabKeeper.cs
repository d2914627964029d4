using System.Diagnostics;

namespace NodeAgent.FunctionalTests.Hosts;

/// <summary>
/// The process that keeps a lab host (tests/lab/host/run.sh): told to boot it, it says when it is up and when it is off,
/// and puts all of it away when we close its standard input, which the kernel does for us if we are killed.
/// </summary>
internal sealed class LabKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private TaskCompletionSource<string> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _down = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    private LabKeeper(Process process)
    {
        _process = process;
        _down.SetResult();
    }

    /// <summary>The folder of what belongs to this host alone.</summary>
    public string Home { get; private set; } = "";

    /// <summary>The pid of the keeper.</summary>
    public int Pid => _process.Id;

    /// <summary>What the kernel and the first steps of the boot have printed.</summary>
    public string Console => Path.Combine(Home, "console.log");

    /// <summary>The journal of all its boots as it was written.</summary>
    public string Journal => Path.Combine(Home, "journal.log");

    /// <summary>Makes the host's disk; it is off.</summary>
    /// <param name="name">Its name, of letters, digits and hyphens.</param>
    /// <param name="image">What it boots.</param>
    /// <param name="arguments">More arguments of its QEMU: devices, nodes, memory.</param>
    /// <param name="append">More of its kernel's command line.</param>
    public static async Task<LabKeeper> StartAsync(string name, string image, IReadOnlyList<string> arguments, string append = "")
    {
        var start = new ProcessStartInfo(Path.Combine(LabMachine.Scripts, "run.sh"), [name, image, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["HOST_APPEND"] = append },
        };
        var keeper = new LabKeeper(Process.Start(start)!);
        try
        {
            var line = await keeper._process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            keeper.Home = line is { } said && said.StartsWith("home ", StringComparison.Ordinal)
                ? said["home ".Length..]
                : throw new InvalidOperationException($"The disk of {name} could not be made: {line ?? "its keeper has ended"}.");
            keeper._reading = keeper.ReadAsync();
            return keeper;
        }
        catch
        {
            await keeper.DisposeAsync();
            throw;
        }
    }

    /// <summary>Boots it, and returns when its systemd has started all that it is to start.</summary>
    /// <returns>How that went, see systemctl(1), "is-system-running".</returns>
    /// <exception cref="TimeoutException">It is not up in time, or has ended.</exception>
    public async Task<string> BootAsync(TimeSpan patience)
    {
        await _down.Task;
        _down = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _up = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process.StandardInput.WriteLineAsync("boot");
        await _process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(patience);
        if (await Task.WhenAny(_up.Task, _down.Task, Task.Delay(Timeout.InfiniteTimeSpan, limit.Token)) != _up.Task)
        {
            throw new TimeoutException($"The host did not come up. Its console:\n{Read(Console)}\nIts journal:\n{Read(Journal)}");
        }

        return await _up.Task;
    }

    /// <summary>Waits until it is off.</summary>
    public Task UntilDownAsync(TimeSpan patience) => _down.Task.WaitAsync(patience);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
            await _reading.WaitAsync(Patience);
        }
        finally
        {
            _process.Dispose();
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("up ", StringComparison.Ordinal))
            {
                _up.TrySetResult(line["up ".Length..]);
            }
            else if (line == "down")
            {
                _down.TrySetResult();
            }
        }

        _down.TrySetResult();
    }

    private static string Read(string file) => File.Exists(file) ? File.ReadAllText(file) : "";
}
