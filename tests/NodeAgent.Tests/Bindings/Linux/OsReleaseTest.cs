using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class OsReleaseTest : IDisposable
{
    private readonly FakeTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Quotes_and_comments_are_understood()
    {
        _tree.Add("etc/os-release", "# a comment\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='De\\\"bian = 12'");
        Read().ShouldBe(new OsRelease("debian", "12", "De\"bian = 12"));
    }

    [Fact]
    public void Vendors_file_serves_where_etc_has_none()
    {
        _tree.Add("usr/lib/os-release", "ID=arch\nPRETTY_NAME=\"Arch Linux\"");
        Read().ShouldBe(new OsRelease("arch", null, "Arch Linux"));
    }

    [Fact]
    public void Without_a_file_it_is_just_Linux() => Read().ShouldBe(new OsRelease("linux", null, "Linux"));

    private OsRelease Read() => OsRelease.Read(new KernelFiles(_tree.Root));
}
