using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>A QEMU that a launcher started: proven to be that one, and told of when it ends.</summary>
public abstract class QemuProcess : IDisposable
{
    /// <summary>What it is known by, also to the next agent.</summary>
    public abstract ProcessIdentity Identity { get; }

    /// <summary>Completes when it has ended, with how.</summary>
    public abstract Task<ProcessExit> Exited { get; }

    /// <summary>Ends it without asking. Nothing happens when it has ended.</summary>
    public abstract void Kill();

    /// <summary>What it has used so far; <c>null</c> when it is gone.</summary>
    /// <param name="threadId">One thread of it, or <c>null</c> for all.</param>
    public abstract ProcUsage? ReadUsage(int? threadId = null);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of it; it runs on.</summary>
    protected abstract void Dispose(bool disposing);
}
