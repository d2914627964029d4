using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Tests.Bindings.Kvm;

public sealed class RunDeadlineTest
{
    [Fact]
    public void Has_not_passed_before_its_time() => OnOwnThread(() =>
    {
        using var deadline = new RunDeadline(TimeSpan.FromMinutes(1));
        return deadline.HasPassed;
    }).ShouldBeFalse();

    [Fact]
    public void Stays_passed_once_it_has() => OnOwnThread(() =>
    {
        using var deadline = new RunDeadline(TimeSpan.FromMilliseconds(1));
        SpinWait.SpinUntil(() => deadline.HasPassed, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        return deadline.HasPassed;
    }).ShouldBeTrue();

    [Fact]
    public void Signal_is_blocked_while_it_lasts_and_as_before_afterwards()
    {
        var (before, during, after) = OnOwnThread(() =>
        {
            var first = BlockedSignals();
            string second;
            using (new RunDeadline(TimeSpan.FromTicks(1)))
            {
                second = BlockedSignals();
            }

            // Had a signal been left over, it would have killed this process by now.
            return (first, second, BlockedSignals());
        });
        during.ShouldNotBe(before);
        after.ShouldBe(before);
    }

    [Fact]
    public void Disposing_twice_is_harmless() => OnOwnThread(() =>
    {
        var deadline = new RunDeadline(TimeSpan.FromMinutes(1));
        deadline.Dispose();
        deadline.Dispose();
        return true;
    }).ShouldBeTrue();

    [Fact]
    public void Needs_a_time_in_the_future() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new RunDeadline(TimeSpan.Zero));

    private static string BlockedSignals() => File.ReadLines("/proc/thread-self/status")
        .First(line => line.StartsWith("SigBlk:", StringComparison.Ordinal));

    private static T OnOwnThread<T>(Func<T> action)
    {
        T result = default!;
        Exception? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = action();
            }
            catch (Exception caught)
            {
                error = caught;
            }
        });
        thread.Start();
        thread.Join();
        error.ShouldBeNull();
        return result;
    }
}
