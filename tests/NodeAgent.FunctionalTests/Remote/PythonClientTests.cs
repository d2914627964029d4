using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>Python's grpcio, which shares nothing with ours, drives a VM over mutual TLS.</summary>
public sealed class PythonClientTests : IDisposable
{
    // Debian's, whose module grpc it is; another python3 may come first in the path.
    private const string Python = "/usr/bin/python3";

    private readonly Fleet _fleet = new();

    private static string Script => Path.Combine(Artifacts.Tree, "tests/NodeAgent.FunctionalTests/Remote/drive.py");

    [Fact]
    public async Task Vm_lives_and_ends_by_the_hand_of_a_python_program()
    {
        await SkipWithoutGrpcAsync();
        await using var agent = await Agent.StartAsync(_fleet.Configure());
        var (certificate, key) = _fleet.Issue("manager", "python");

        var run = await DriveAsync(agent, certificate, key);

        run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
            [
                "CreateVm: foreign, VM_STATE_STOPPED", "StartVm: done", "WatchVms: VM_STATE_RUNNING", "StopVm: done", "GetVm: VM_STATE_STOPPED", "GetVm: NOT_FOUND",
            ]);
    }

    [Fact]
    public async Task Python_program_without_the_right_is_told_so()
    {
        await SkipWithoutGrpcAsync();
        await using var agent = await Agent.StartAsync(_fleet.Configure());
        var (certificate, key) = _fleet.Issue("viewer", "python");

        var run = await DriveAsync(agent, certificate, key);

        run.ExitCode.ShouldNotBe(0);
        run.Errors.ShouldContain("StatusCode.PERMISSION_DENIED");
        run.Errors.ShouldContain("viewer:python may not call VmService/CreateVm");
        (await agent.Client.ListAsync()).ShouldBeEmpty();
    }

    public void Dispose() => _fleet.Dispose();

    private static async Task SkipWithoutGrpcAsync() => Assert.SkipUnless(
        File.Exists(Python) && (await Command.RunAsync(Python, ["-c", "import grpc, google.protobuf"])).ExitCode == 0, "Python's grpcio is not there; make setup installs it");

    private Task<Command> DriveAsync(Agent agent, string certificate, string key) =>
        Command.RunAsync(Python, [Script, _fleet.Address, Fleet.Node, certificate, key, _fleet.Authorities, agent.CopyImage("tick.raw")]);
}
