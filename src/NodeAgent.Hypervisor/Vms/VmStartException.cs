using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>A start step that failed. Everything that was done before it has been undone.</summary>
internal sealed class VmStartException(string step, string message, Exception inner) : Exception(message, inner)
{
    /// <summary>The step: plan, directory, files, sockets, spawn, connect, load, record, resume.</summary>
    public string Step { get; } = step;

    /// <summary>How the process ended, where there was one.</summary>
    public ProcessExit Exit { get; init; }

    /// <summary>The last lines that QEMU wrote.</summary>
    public string LastWords { get; init; } = "";
}
