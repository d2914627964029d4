using System.IO.Pipes;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class ProbeOrphansTests
{
    [Fact]
    public async Task Probe_of_a_killed_agent_is_ended_and_a_neighbours_lives()
    {
        using var home = new TemporaryDirectory();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var own = Waiting($"guest=nodeagent-probe:{home.Path}", pipe);
        using var neighbour = Waiting($"guest=nodeagent-probe:{home.Path}-other", pipe);
        var ended = ExitWatch.WaitAsync(own);
        var probe = new QemuProbe(home.Path, TimeProvider.System, NullLogger<QemuProbe>.Instance);
        await probe.AskAsync("/nowhere/qemu", new ProbeHost(false, "", ""), refresh: false, TestContext.Current.CancellationToken);
        (await ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Signal.ShouldBe(PidFd.Kill);
        neighbour.HasExited.ShouldBeFalse();
        pipe.Dispose();
        await ExitWatch.WaitAsync(neighbour).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static PidFd Waiting(string option, AnonymousPipeServerStream pipe) => ChildProcess.Start(new ChildProcessOptions
    {
        Path = "/bin/sh",
        Arguments = ["-c", "read x <&3", "-name", option],
        Descriptors = [pipe.ClientSafePipeHandle],
    });
}
