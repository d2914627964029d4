using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class PressureInfoTest : IDisposable
{
    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Both_lines_are_read()
    {
        _tree.Add(
            "proc/pressure/memory",
            "some avg10=1.50 avg60=0.25 avg300=0.03 total=1234567\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1000");
        var pressure = Read("memory").ShouldNotBeNull();
        pressure.Some.ShouldBe(new PressureStall(1.5, 0.25, 0.03, TimeSpan.FromMicroseconds(1234567)));
        pressure.Full.ShouldNotBeNull().Total.ShouldBe(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Old_kernel_has_no_full_line_for_processors()
    {
        _tree.Add("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5");
        Read("cpu").ShouldNotBeNull().Full.ShouldBeNull();
    }

    [Theory]
    [InlineData("some avg10=0.00 avg60=0.00 total=5")]
    [InlineData("some avg10=x avg60=0.00 avg300=0.00 total=5")]
    [InlineData("garbage")]
    public void Line_that_lacks_something_is_nothing(string line)
    {
        _tree.Add("proc/pressure/io", line);
        Read("io").ShouldBeNull();
    }

    [Fact]
    public void Kernel_without_pressure_says_nothing() => Read("cpu").ShouldBeNull();

    private PressureInfo? Read(string resource) => PressureInfo.Read(new KernelFiles(_tree.Root), resource);
}
