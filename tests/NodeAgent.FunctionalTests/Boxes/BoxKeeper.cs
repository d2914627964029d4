using System.Diagnostics;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>
/// The process that keeps a box (tests/lab/box/run.sh): told to boot it, it says when it is off, and puts all of it away
/// when we close its standard input, which the kernel does for us if we are killed.
/// </summary>
internal sealed class BoxKeeper : IAsyncDisposable
{
    private readonly Process _process;
    private readonly BoxNotices _notices;
    private readonly string _console;
    private TaskCompletionSource _down = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    private BoxKeeper(string name, Process process, BoxNotices notices)
    {
        _process = process;
        _notices = notices;
        _console = $"/run/nodeagent-box/{name}/console.log";
        _down.SetResult();
    }

    /// <summary>The box's root file system, outside.</summary>
    public string Disk { get; private set; } = "";

    /// <summary>The pid of the keeper.</summary>
    public int Pid => _process.Id;

    /// <summary>The pid of its first process; <c>null</c> while it is off.</summary>
    public int? Leader { get; private set; }

    /// <summary>Makes the box's disk; it is off.</summary>
    public static async Task<BoxKeeper> StartAsync(string name, string rootFileSystem)
    {
        var notices = BoxNotices.Bind(name);
        var start = new ProcessStartInfo(Path.Combine(BoxMachine.Scripts, "run.sh"), [name, rootFileSystem])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["NOTIFY_SOCKET"] = notices.Address },
        };
        var keeper = new BoxKeeper(name, Process.Start(start)!, notices);
        try
        {
            var line = await keeper._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            keeper.Disk = line is { } said && said.StartsWith("disk ", StringComparison.Ordinal)
                ? said["disk ".Length..]
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

    /// <summary>Boots it, and returns when all is started.</summary>
    public async Task BootAsync(TimeSpan patience)
    {
        await _down.Task;
        _down = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process.StandardInput.WriteLineAsync("boot");
        await _process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(patience);
        var up = _notices.UntilUpAsync(limit.Token);
        if (await Task.WhenAny(up, _down.Task) != up || up.IsCanceled)
        {
            await limit.CancelAsync();
            throw new TimeoutException($"The box did not come up. Its console:\n{(File.Exists(_console) ? await File.ReadAllTextAsync(_console) : "")}");
        }

        Leader = await up;
    }

    /// <summary>Waits until it is off.</summary>
    public Task UntilDownAsync(TimeSpan patience) => _down.Task.WaitAsync(patience);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            await _reading.WaitAsync(TimeSpan.FromSeconds(5));
        }
        finally
        {
            _notices.Dispose();
            _process.Dispose();
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("down ", StringComparison.Ordinal))
            {
                Leader = null;
                _down.TrySetResult();
            }
        }

        _down.TrySetResult();
    }
}
