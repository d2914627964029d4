using System.Diagnostics;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string LockPath => Path.Combine(_directory.Path, "lock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Second_locker_learns_who_holds_it()
    {
        using FileLock? first = FileLock.TryAcquire(LockPath, out int? nobody);
        FileLock? second = FileLock.TryAcquire(LockPath, out int? holder);

        first.ShouldNotBeNull();
        nobody.ShouldBeNull();
        second.ShouldBeNull();
        holder.ShouldBe(Environment.ProcessId);
    }

    [Fact]
    public void Released_lock_can_be_taken_again()
    {
        FileLock.TryAcquire(LockPath, out _)!.Dispose();

        using FileLock? again = FileLock.TryAcquire(LockPath, out _);

        again.ShouldNotBeNull();
    }

    [Fact]
    public void Opening_and_closing_the_file_elsewhere_does_not_drop_the_lock()
    {
        using FileLock? held = FileLock.TryAcquire(LockPath, out _);
        // Not by File.Open, which itself takes a flock for its sharing mode.
        AppendFile.Open(LockPath).Dispose();

        FileLock.TryAcquire(LockPath, out _).ShouldBeNull();
    }

    [Fact]
    public async Task Child_process_does_not_inherit_the_lock()
    {
        FileLock held = FileLock.TryAcquire(LockPath, out _)!;
        using Process child = Process.Start(new ProcessStartInfo("sleep", "30"))!;
        try
        {
            held.Dispose();
            using FileLock? again = FileLock.TryAcquire(LockPath, out _);
            again.ShouldNotBeNull();
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Path_that_cannot_be_opened_is_an_error_and_not_a_holder()
    {
        Should.Throw<LinuxException>(() => FileLock.TryAcquire(Path.Combine(_directory.Path, "no", "lock"), out _))
            .Errno.ShouldBe(Errno.ENOENT);
    }
}
