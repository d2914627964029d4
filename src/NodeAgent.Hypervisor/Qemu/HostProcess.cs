using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>A QEMU that is a process of this host: held by descriptor, not by number.</summary>
public sealed class HostProcess : QemuProcess
{
    private readonly PidFd _handle;
    private volatile bool _killed;

    /// <summary>Takes over a process.</summary>
    /// <param name="handle">Its descriptor; belongs to this object from now on.</param>
    /// <param name="identity">What it is known by.</param>
    /// <param name="tellEnd">Tells how it ended, once it has, where the kernel does not tell it to this agent.</param>
    public HostProcess(PidFd handle, ProcessIdentity identity, Func<Task<ProcessExit>>? tellEnd = null)
    {
        _handle = handle;
        Identity = identity;
        Exited = tellEnd is null ? ExitWatch.WaitAsync(handle) : ExitedAsync(handle, tellEnd);
    }

    /// <inheritdoc/>
    public override ProcessIdentity Identity { get; }

    /// <inheritdoc/>
    public override Task<ProcessExit> Exited { get; }

    /// <summary>Opens the process of an identity; <c>null</c> when it is gone, whoever has its number now.</summary>
    public static HostProcess? TryAttach(ProcessIdentity identity, Func<Task<ProcessExit>>? tellEnd = null) =>
        PidFd.TryOpen(identity) is { } handle ? new HostProcess(handle, identity, tellEnd) : null;

    /// <inheritdoc/>
    public override void Kill()
    {
        _killed = true;
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
    public override ProcUsage? ReadUsage(int? threadId = null) => ProcUsage.Read(Identity.Pid, threadId);

    private async Task<ProcessExit> ExitedAsync(PidFd handle, Func<Task<ProcessExit>> tellEnd)
    {
        var seen = await ExitWatch.WaitAsync(handle);
        if (_killed)
        {
            // How is known, and a force-stop waits for nobody: not for systemd, and not for a bus that is away.
            return seen.IsKnown ? seen : new ProcessExit(null, PidFd.Kill, false);
        }

        var told = await tellEnd();
        return told.IsKnown ? told : seen;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _handle.Dispose();
}
