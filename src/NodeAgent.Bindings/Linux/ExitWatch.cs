using System.Collections.Concurrent;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// Tells the moment a process ends, for any number of processes on one thread: an epoll set of pidfds. Nothing
/// is polled, and the cost of waiting for a process is a few words of kernel memory.
/// </summary>
public sealed class ExitWatch
{
    private static readonly Lazy<ExitWatch> Shared = new(() => new ExitWatch());

    private readonly ConcurrentDictionary<int, (PidFd Process, TaskCompletionSource<ProcessExit> Ended)> _watched = new();
    private readonly int _epoll;

    private ExitWatch()
    {
        _epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        if (_epoll < 0)
        {
            throw Libc.Error("epoll_create1");
        }

        // A quarter of a megabyte of address space; the loop below needs next to nothing of it.
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "exit-watch" }.Start();
    }

    /// <summary>
    /// Completes when the process ends, with how it ended. The handle must stay open until then and is watched
    /// by one caller at a time.
    /// </summary>
    public static Task<ProcessExit> WaitAsync(PidFd process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return Shared.Value.Add(process);
    }

    private unsafe Task<ProcessExit> Add(PidFd process)
    {
        // Continuations run elsewhere: the one thread that sees deaths must not be held up by anybody's grief.
        var ended = new TaskCompletionSource<ProcessExit>(TaskCreationOptions.RunContinuationsAsynchronously);
        _watched[process.Descriptor] = (process, ended);

        // struct epoll_event is packed on x86-64 (12 bytes) and padded elsewhere (16); the data word is the descriptor.
        var @event = stackalloc byte[16];
        EpollEvent.Write(@event, Libc.EPOLLIN | Libc.EPOLLONESHOT, process.Descriptor);
        if (Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, process.Descriptor, @event) != 0)
        {
            var error = Libc.Error("epoll_ctl");
            _watched.TryRemove(process.Descriptor, out _);
            throw error;
        }

        return ended.Task;
    }

    private unsafe void Run()
    {
        const int Capacity = 64;
        var events = stackalloc byte[Capacity * EpollEvent.Size];
        while (true)
        {
            // The buffer is this thread's own stack and holds Capacity entries, as the kernel is told.
            var count = Libc.epoll_wait(_epoll, events, Capacity, -1);
            for (var i = 0; i < count; i++)
            {
                var descriptor = EpollEvent.Data(events + (i * EpollEvent.Size));
                _ = Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_DEL, descriptor, events);
                if (_watched.TryRemove(descriptor, out var watched))
                {
                    watched.Ended.TrySetResult(watched.Process.IsClosed ? ProcessExit.Unknown : watched.Process.ReadExit());
                }
            }
        }
    }
}
