using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>What to start, and with what.</summary>
public sealed record ChildProcessOptions
{
    /// <summary>Absolute path of the program.</summary>
    public required string Path { get; init; }

    /// <summary>Arguments, without the program's own name.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment, as NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Where standard output and error go; <c>null</c> throws them away.</summary>
    public SafeFileHandle? Output { get; init; }

    /// <summary>Descriptors that the program finds as 3, 4, 5, … in this order. They stay open here too.</summary>
    public IReadOnlyList<SafeHandle> Descriptors { get; init; } = [];
}

/// <summary>
/// Starts a process that owes nothing to the agent: a session of its own, no inherited descriptor but those
/// given, default signal dispositions (the runtime ignores SIGPIPE, and that would be inherited), working
/// directory <c>/</c>. It lives on when the agent dies.
/// </summary>
public static unsafe class ChildProcess
{
    // Generous upper bounds: glibc and musl use 80 and 336 bytes for these on x86-64, and 128 for a signal set.
    private const int ActionsSize = 256, AttributesSize = 512, SignalSetSize = 128;

    private const short SetSignalDefaults = 0x04, SetSignalMask = 0x08, SetSession = 0x80;

    /// <summary>Starts it.</summary>
    /// <returns>The process, held by descriptor.</returns>
    /// <exception cref="LinuxException">It could not be started; <see cref="LinuxException.Errno"/> is exec's.</exception>
    public static PidFd Start(ChildProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        // The buffers live on this stack frame until posix_spawn has returned, and exceed what the C library writes.
        var actions = stackalloc byte[ActionsSize];
        var attributes = stackalloc byte[AttributesSize];
        var signals = stackalloc byte[SignalSetSize];
        var duplicates = new List<SafeFileHandle>();
        Check("posix_spawn_file_actions_init", Libc.posix_spawn_file_actions_init(actions));
        Check("posix_spawnattr_init", Libc.posix_spawnattr_init(attributes));
        try
        {
            _ = Libc.sigemptyset(signals);
            Check("posix_spawnattr_setsigmask", Libc.posix_spawnattr_setsigmask(attributes, signals));
            _ = Libc.sigfillset(signals);
            Check("posix_spawnattr_setsigdefault", Libc.posix_spawnattr_setsigdefault(attributes, signals));
            Check("posix_spawnattr_setflags", Libc.posix_spawnattr_setflags(attributes, SetSignalDefaults | SetSignalMask | SetSession));
            AddDescriptors(actions, options, duplicates);
            Check("posix_spawn_file_actions_addchdir_np", Libc.posix_spawn_file_actions_addchdir_np(actions, "/"));

            using var arguments = new StringVector([options.Path, .. options.Arguments]);
            using var environment = new StringVector(options.Environment);
            Check($"posix_spawn of {options.Path}", Libc.posix_spawn(out var pid, options.Path, actions, attributes, arguments.Pointer, environment.Pointer));

            // Our own child keeps its number until we reap it, so this cannot open, or end, somebody else.
            try
            {
                return PidFd.OpenChild(pid) ?? throw new LinuxException("pidfd_open", Errno.ESRCH);
            }
            catch
            {
                _ = Libc.kill(pid, PidFd.Kill);
                throw;
            }
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
            duplicates.ForEach(duplicate => duplicate.Dispose());
        }
    }

    private static void AddDescriptors(byte* actions, ChildProcessOptions options, List<SafeFileHandle> duplicates)
    {
        const int ReadOnly = 0, WriteOnly = 1;
        Check("addopen", Libc.posix_spawn_file_actions_addopen(actions, 0, "/dev/null", ReadOnly, 0));
        if (options.Output is null)
        {
            Check("addopen", Libc.posix_spawn_file_actions_addopen(actions, 1, "/dev/null", WriteOnly, 0));
        }
        else
        {
            Check("adddup2", Libc.posix_spawn_file_actions_adddup2(actions, Duplicate(options.Output), 1));
        }

        Check("adddup2", Libc.posix_spawn_file_actions_adddup2(actions, 1, 2));
        var target = 3;
        foreach (var descriptor in options.Descriptors)
        {
            Check("adddup2", Libc.posix_spawn_file_actions_adddup2(actions, Duplicate(descriptor), target++));
        }

        Check("addclosefrom", Libc.posix_spawn_file_actions_addclosefrom_np(actions, target));

        // High numbers, so that no dup2 in the child overwrites the source of a later one.
        int Duplicate(SafeHandle source)
        {
            var referenced = false;
            try
            {
                source.DangerousAddRef(ref referenced);
                var copy = Libc.fcntl((int)source.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 64);
                if (copy < 0)
                {
                    throw Libc.Error("fcntl");
                }

                duplicates.Add(new SafeFileHandle(copy, ownsHandle: true));
                return copy;
            }
            finally
            {
                if (referenced)
                {
                    source.DangerousRelease();
                }
            }
        }
    }

    private static void Check(string call, int error)
    {
        if (error != 0)
        {
            throw new LinuxException(call, error);
        }
    }
}
