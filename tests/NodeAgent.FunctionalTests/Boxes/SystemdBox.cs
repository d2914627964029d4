using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Hosts;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>
/// A host of a test's own: a Debian with systemd as its first process, in a container that nobody else sees. It has a
/// disk of its own, which outlives a power-off, no network but its loopback, and /dev/kvm. Pids inside differ from those
/// outside; users are the same. How it is made: tests/lab/box/README.md.
/// </summary>
internal sealed class SystemdBox : ITestHost
{
    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PowerOffPatience = TimeSpan.FromMinutes(3);
    private static int _count;

    private readonly BoxKeeper _keeper;

    private SystemdBox(string name, BoxKeeper keeper)
    {
        Name = name;
        _keeper = keeper;
    }

    /// <inheritdoc/>
    /// <remarks>It is its host name, too.</remarks>
    public string Name { get; }

    /// <summary>The pid of its systemd, seen from outside.</summary>
    /// <exception cref="InvalidOperationException">It is off.</exception>
    public int Leader => _keeper.Leader ?? throw new InvalidOperationException($"{Name} is off.");

    /// <summary>The pid of the process that keeps it.</summary>
    public int KeeperPid => _keeper.Pid;

    /// <summary>Skips the test where this machine can't run a box.</summary>
    public static void Needed()
    {
        var reason = BoxMachine.ReasonAgainst;
        Assert.SkipWhen(reason is not null, $"no box: {reason}");
    }

    /// <summary>Makes one and boots it; returns when its systemd has started all that it is to start.</summary>
    public static async Task<SystemdBox> StartAsync()
    {
        Needed();
        var name = $"box-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        var box = new SystemdBox(name, await BoxKeeper.StartAsync(name, BoxMachine.RootFileSystem));
        try
        {
            await box.BootAsync();
            return box;
        }
        catch
        {
            await box.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where something inside lies seen from outside, while the box is up. Sockets can be connected to there.</summary>
    /// <param name="inside">The absolute path inside.</param>
    public string Path(string inside) => $"/proc/{Leader}/root{inside}";

    /// <summary>Where something on its disk lies seen from outside, up or off; what is in /run, /tmp or /proc is not there.</summary>
    /// <param name="inside">The absolute path inside.</param>
    public string DiskPath(string inside) => _keeper.Disk + inside;

    /// <inheritdoc/>
    public Task<Command> RunAsync(string shell) => EnterAsync("/bin/sh", "-c", shell);

    /// <summary>As <see cref="RunAsync"/>, as another user with that user's groups.</summary>
    public Task<Command> RunAsAsync(string user, string shell) => EnterAsync("runuser", "-u", user, "--", "/bin/sh", "-c", shell);

    /// <inheritdoc/>
    public async Task CopyInAsync(string source, string inside)
    {
        (await Command.RunAsync("install", ["-D", "--mode", ModeOf(source), source, DiskPath(inside)])).Succeeded();
    }

    /// <summary>Its journal, up or off; see journalctl(1) for the arguments.</summary>
    public async Task<string> JournalAsync(params string[] arguments) =>
        (await Command.RunAsync("journalctl", ["--directory", DiskPath("/var/log/journal"), "--no-pager", "--quiet", .. arguments])).Output;

    /// <inheritdoc/>
    public Task<string> ReachAsync(string socket) => Task.FromResult(Path(socket));

    /// <inheritdoc/>
    public AgentClient Connect() => new(Path("/run/nodeagent/api.sock"));

    /// <inheritdoc/>
    /// <exception cref="TimeoutException">It is still up after three minutes.</exception>
    public async Task PowerOffAsync()
    {
        // The shell may be gone before it can tell how it went.
        await RunAsync("systemctl poweroff");
        await _keeper.UntilDownAsync(PowerOffPatience);
    }

    /// <inheritdoc/>
    /// <remarks>With another boot id.</remarks>
    public Task BootAsync() => _keeper.BootAsync(BootPatience);

    /// <summary>Ends it, however it is, and takes its disk away.</summary>
    public async ValueTask DisposeAsync()
    {
        AftermathAttribute.Note(Name, Directory.Exists(DiskPath("/var")) ? await JournalAsync("--output=short-precise") : "", []);
        await _keeper.DisposeAsync();
    }

    private static string ModeOf(string file) => Convert.ToString((int)File.GetUnixFileMode(file), 8);

    // The time-out is inside, so that what it ends is the program and not only our door to it.
    private Task<Command> EnterAsync(params string[] command) => Command.RunAsync("nsenter",
    [
        $"--target={Leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--",
        "/usr/bin/env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb",
        "timeout", "--kill-after=5", "80", .. command,
    ]);
}
