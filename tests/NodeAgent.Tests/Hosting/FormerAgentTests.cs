using NodeAgent.Bindings.Linux;
using NodeAgent.Hosting;

namespace NodeAgent.Tests.Hosting;

public sealed class FormerAgentTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryDirectory _directory = new();

    private string LockPath => Path.Combine(_directory.Path, "lock");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Child_that_has_the_lock_of_an_agent_that_ended_is_waited_for()
    {
        // The agent makes a child and ends; the child has the lock until the gate opens.
        using var gate = new Gate();
        using (var agent = Shell("exec 9<>$LOCK; flock -xn 9 || exit 1; echo $$ >&9; { read go <&3; } & exit 0", gate))
        {
            (await ExitWatch.WaitAsync(agent).WaitAsync(Patience, Ct)).ExitCode.ShouldBe(0);
        }

        FileLock.IsLeftBehind(LockPath).ShouldBeTrue();
        var waiting = FormerAgent.UntilLetGoAsync([LockPath], TimeProvider.System);
        waiting.IsCompleted.ShouldBeFalse();
        gate.Open();
        await waiting.WaitAsync(Patience, Ct);
        using var taken = FileLock.TryAcquire(LockPath, out _);
        taken.ShouldNotBeNull();
    }

    [Fact]
    public void Agent_that_lives_is_not_waited_for()
    {
        using var held = FileLock.TryAcquire(LockPath, out _);

        FormerAgent.UntilLetGoAsync([LockPath], TimeProvider.System).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void Where_no_lock_is_none_is_made()
    {
        FormerAgent.UntilLetGoAsync([LockPath], TimeProvider.System).IsCompletedSuccessfully.ShouldBeTrue();
        File.Exists(LockPath).ShouldBeFalse();
    }

    private PidFd Shell(string script, Gate gate) => ChildProcess.Start(new ChildProcessOptions
    {
        Path = "/bin/bash",
        Arguments = ["-c", script],
        Environment = [$"LOCK={LockPath}", "PATH=/usr/bin:/bin"],
        Descriptors = [gate.ChildEnd],
    });
}
