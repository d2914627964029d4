using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Qemu;

/// <summary>
/// What a start has made before QEMU is executed: a VM's sockets, and the child that holds them and has the name of what
/// made it.
/// </summary>
internal sealed class BegunStart : IAsyncDisposable
{
    private readonly TemporaryDirectory? _home;
    private readonly Gate _gate = new();
    private readonly Gate _end = new();

    public BegunStart(string? runDirectory = null, Guid? vmId = null)
    {
        _home = runDirectory is null ? new TemporaryDirectory() : null;
        RunDirectory = runDirectory ?? _home!.Path;
        VmId = vmId ?? Guid.NewGuid();
        Directory = new RunDirectory(RunDirectory, VmId);
        Directory.Create();
        using var channels = StartChannels.Open(Directory, withConsole: false);
        var script = ShellScript.Write(Directory.Log, "#!/bin/bash\nread go <&5\nexec bash -c 'read end <&6' qemu -uuid $ID\n");
        Child = ChildProcess.Start(new ChildProcessOptions
        {
            Path = script,
            Arguments = [],
            Environment = [$"ID={VmId}", "PATH=/usr/bin:/bin"],
            Descriptors = [.. channels.Descriptors, _gate.ChildEnd, _end.ChildEnd],
        });
        channels.DisposeOurEnds();
    }

    public string RunDirectory { get; }

    public Guid VmId { get; }

    public RunDirectory Directory { get; }

    /// <summary>The child.</summary>
    public PidFd Child { get; }

    public void BecomeQemu() => _gate.Open();

    /// <summary>Ends the child.</summary>
    public async ValueTask DisposeAsync()
    {
        Child.Send(PidFd.Kill);
        await ExitWatch.WaitAsync(Child);
        Child.Dispose();
        _gate.Dispose();
        _end.Dispose();
        _home?.Dispose();
    }
}
