using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class MachineIdentityTest : IDisposable
{
    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void All_is_read()
    {
        _tree.Add("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4");
        _tree.Add("proc/sys/kernel/hostname", "node-7");
        _tree.Add("proc/sys/kernel/random/boot_id", "7c9dfa5b-1f0c-4c7a-9a33-0f8c1b2d3e4f");
        _tree.Add("proc/stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5");
        Read().ShouldBe(new MachineIdentity(
            "3d1219c7c4c5404aaa1f6d2a48adfda4",
            "node-7",
            Guid.Parse("7c9dfa5b-1f0c-4c7a-9a33-0f8c1b2d3e4f"),
            DateTimeOffset.FromUnixTimeSeconds(1700000000)));
    }

    [Theory]
    [InlineData("uninitialized")]
    [InlineData("3d1219c7c4c5404aaa1f6d2a48adfd")]
    [InlineData("3d1219c7c4c5404aaa1f6d2a48adfdzz")]
    public void Machine_id_that_is_none_is_not_taken(string text)
    {
        _tree.Add("etc/machine-id", text);
        Read().MachineId.ShouldBeNull();
    }

    [Fact]
    public void Empty_host_tells_nothing() => Read().ShouldBe(new MachineIdentity(null, null, null, null));

    private MachineIdentity Read() => MachineIdentity.Read(new KernelFiles(_tree.Root));
}
