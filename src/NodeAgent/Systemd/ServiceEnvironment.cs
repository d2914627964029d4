using System.Collections.Immutable;
using System.Globalization;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Systemd;

/// <summary>A descriptor that the service manager handed over.</summary>
/// <param name="Descriptor">Its number.</param>
/// <param name="Name">FileDescriptorName= of its unit.</param>
internal sealed record HandedDescriptor(int Descriptor, string Name);

/// <summary>What a service manager says to a service by its environment: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), systemd.exec(5).</summary>
internal sealed record ServiceEnvironment
{
    private static readonly ImmutableArray<string> s_ours =
        ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"];

    /// <summary>Where the manager listens: an absolute path, or "@name" for an abstract one; <c>null</c> when nobody does.</summary>
    public string? NotifySocket { get; init; }

    /// <summary>How long the manager waits for a sign of life before it ends the agent; <c>null</c> for ever.</summary>
    public TimeSpan? Watchdog { get; init; }

    /// <summary>Device and inode of the journal's stream, if standard output or error is one.</summary>
    public string? JournalStream { get; init; }

    /// <summary>What was handed over.</summary>
    public ImmutableArray<HandedDescriptor> Descriptors { get; init; } = [];

    /// <summary>
    /// Takes it out of this process's environment, so that nothing that is started from here believes that it is meant,
    /// and sees to it that no such program inherits a descriptor.
    /// </summary>
    public static ServiceEnvironment Take()
    {
        var found = Read(Environment.GetEnvironmentVariable, Environment.ProcessId);
        foreach (var name in s_ours)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        foreach (var one in found.Descriptors)
        {
            InheritedSocket.CloseOnExec(one.Descriptor);
        }

        return found;
    }

    /// <summary>Reads it.</summary>
    /// <param name="variable">The value of a variable.</param>
    /// <param name="processId">Whom it must be meant for.</param>
    public static ServiceEnvironment Read(Func<string, string?> variable, int processId)
    {
        ArgumentNullException.ThrowIfNull(variable);

        // A watchdog without a process id is everybody's; descriptors must name theirs.
        var watchdog = variable("WATCHDOG_PID") is null || IsFor("WATCHDOG_PID") ? Number("WATCHDOG_USEC") : 0;
        var count = IsFor("LISTEN_PID") ? (int)Math.Min(Number("LISTEN_FDS"), 1024) : 0;
        var names = variable("LISTEN_FDNAMES")?.Split(':') ?? [];
        return new ServiceEnvironment
        {
            NotifySocket = variable("NOTIFY_SOCKET") is { Length: > 1 } path && path[0] is '/' or '@' ? path : null,
            Watchdog = watchdog > 0 ? TimeSpan.FromMicroseconds(watchdog) : null,
            JournalStream = variable("JOURNAL_STREAM") is { Length: > 0 } stream ? stream : null,
            Descriptors =
            [
                .. Enumerable.Range(0, count).Select(i => new HandedDescriptor(InheritedSocket.First + i, i < names.Length ? names[i] : "unknown")),
            ],
        };

        bool IsFor(string name) => Number(name) == processId;

        long Number(string name) =>
            long.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }
}
