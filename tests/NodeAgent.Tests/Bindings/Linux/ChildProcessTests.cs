using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Exit_status_of_a_child_is_told_when_it_ends()
    {
        using var child = Shell("exit 7");
        var exit = await ExitWatch.WaitAsync(child).WaitAsync(Patience, TestContext.Current.CancellationToken);
        exit.ShouldBe(new ProcessExit(7, null, false));
    }

    [Fact]
    public async Task Signal_that_ended_a_child_is_told()
    {
        using var child = Shell("read forever <&3; exit 1", out var writer);
        using (writer)
        {
            child.Send(PidFd.Kill).ShouldBeTrue();
            var exit = await ExitWatch.WaitAsync(child).WaitAsync(Patience, TestContext.Current.CancellationToken);
            exit.Signal.ShouldBe(9);
            child.Send(PidFd.Kill).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Who_only_opened_a_child_leaves_it_to_its_starter_to_reap()
    {
        using var child = Shell("read forever <&3", out var writer);
        using (writer)
        using (var seen = PidFd.TryOpen(child.Pid).ShouldNotBeNull())
        {
            child.Send(PidFd.Kill).ShouldBeTrue();
            (await ExitWatch.WaitAsync(seen).WaitAsync(Patience, TestContext.Current.CancellationToken)).Signal.ShouldBe(9);
            File.Exists($"/proc/{child.Pid}/stat").ShouldBeTrue();
            child.ReadExit().Signal.ShouldBe(9);
            File.Exists($"/proc/{child.Pid}/stat").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Child_has_a_session_of_its_own_and_only_the_descriptors_it_was_given()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "out");
        using (var output = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        using (var given = File.OpenHandle("/dev/zero"))
        {
            using var child = ChildProcess.Start(new ChildProcessOptions
            {
                Path = "/bin/sh",
                Arguments = ["-c", "for f in /proc/self/fd/*; do echo ${f##*/}; done; readlink /proc/$$/fd/3; cut -d' ' -f6 /proc/$$/stat; echo $$; pwd"],
                Environment = ["PATH=/usr/bin:/bin"],
                Output = output,
                Descriptors = [given],
            });
            (await ExitWatch.WaitAsync(child).WaitAsync(Patience, TestContext.Current.CancellationToken)).ExitCode.ShouldBe(0);
        }

        var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        lines[..4].ShouldBe(["0", "1", "2", "3"]);
        lines[^1].ShouldBe("/");
        lines[^3].ShouldBe(lines[^2], "session id equals process id");
        lines[^4].ShouldBe("/dev/zero");
    }

    [Fact]
    public void Missing_program_is_an_error_with_its_number()
    {
        var error = Should.Throw<LinuxException>(() => ChildProcess.Start(new ChildProcessOptions { Path = "/nowhere/at/all", Arguments = [] }));
        error.Errno.ShouldBe(Errno.ENOENT);
    }

    [Fact]
    public async Task Reused_number_is_not_the_process()
    {
        using var child = Shell("read forever <&3", out var writer);
        using (writer)
        {
            var stat = ProcStat.Read(child.Pid).ShouldNotBeNull();
            using (var same = PidFd.TryOpen(new ProcessIdentity(child.Pid, stat.StartTicks, "boot")))
            {
                same.ShouldNotBeNull();
            }

            PidFd.TryOpen(new ProcessIdentity(child.Pid, stat.StartTicks - 1, "boot")).ShouldBeNull();
        }

        await ExitWatch.WaitAsync(child).WaitAsync(Patience, TestContext.Current.CancellationToken);
        PidFd.TryOpen(child.Pid).ShouldBeNull();
    }

    [Fact]
    public async Task Exit_of_somebody_elses_child_is_read_where_the_kernel_tells()
    {
        // The shell starts a grandchild, prints its number and waits to be told to reap it.
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "pid");
        using var child = Shell($"(read x <&3; exit 5) & echo $! > {path}.new; mv {path}.new {path}; wait $!; exit 0", out var writer);
        while (!File.Exists(path))
        {
            await Task.Yield();
        }

        using var grandchild = PidFd.TryOpen(int.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))).ShouldNotBeNull();
        var ended = ExitWatch.WaitAsync(grandchild);
        writer.Dispose();
        var exit = await ended.WaitAsync(Patience, TestContext.Current.CancellationToken);
        if (exit.IsKnown)
        {
            exit.ShouldBe(new ProcessExit(5, null, false));
        }

        await ExitWatch.WaitAsync(child).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("7 (a) b) c) Z 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 1280", 'Z', 1, 4242L, 1280)]
    public void Name_with_parentheses_does_not_shift_the_fields(string line, char state, int parent, long start, int status) =>
        ProcStat.Parse(line).ShouldBe(new ProcStat(state, parent, start, status));

    [Theory]
    [InlineData("")]
    [InlineData("7 (a")]
    [InlineData("7 (a) R 1 2 3")]
    public void Torn_line_is_no_answer(string line) => ProcStat.Parse(line).ShouldBeNull();

    private static PidFd Shell(string script) =>
        ChildProcess.Start(new ChildProcessOptions { Path = "/bin/sh", Arguments = ["-c", script], Environment = ["PATH=/usr/bin:/bin"] });

    private static PidFd Shell(string script, out IDisposable writer)
    {
        var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        writer = pipe;
        var child = ChildProcess.Start(new ChildProcessOptions
        {
            Path = "/bin/sh",
            Arguments = ["-c", script],
            Environment = ["PATH=/usr/bin:/bin"],
            Descriptors = [pipe.ClientSafePipeHandle],
        });
        pipe.DisposeLocalCopyOfClientHandle();
        return child;
    }
}
