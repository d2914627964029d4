using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>A QEMU process that is proven to be the one that was started: held by descriptor, not by number.</summary>
public sealed class QemuProcess : IDisposable
{
    private readonly PidFd _handle;

    /// <summary>Takes over a process.</summary>
    /// <param name="handle">Its descriptor; belongs to this object from now on.</param>
    /// <param name="identity">What it is known by.</param>
    public QemuProcess(PidFd handle, ProcessIdentity identity)
    {
        _handle = handle;
        Identity = identity;
        Exited = ExitWatch.WaitAsync(handle);
    }

    /// <summary>What it is known by, also to the next agent.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Completes when it ends, with how.</summary>
    public Task<ProcessExit> Exited { get; }

    /// <summary>Opens the process of an identity; <c>null</c> when it is gone, whoever has its number now.</summary>
    public static QemuProcess? TryAttach(ProcessIdentity identity) =>
        PidFd.TryOpen(identity) is { } handle ? new QemuProcess(handle, identity) : null;

    /// <summary>Ends it without asking. Nothing happens when it has ended.</summary>
    public void Kill()
    {
        try
        {
            _handle.Send(PidFd.Kill);
        }
        catch (ObjectDisposedException)
        {
            // It ended and was cleared away between the caller's look and the signal.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
