using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Units;

namespace NodeAgent.Tests.Hypervisor.Units;

/// <summary>What a unit sees of the host's files, and what it does not.</summary>
public sealed class UnitViewTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Directories_of_the_agent_are_emptied_once_and_a_link_is_where_it_leads()
    {
        var images = Directory.CreateDirectory(Path.Combine(_directory.Path, "images")).FullName;
        Directory.CreateDirectory(Path.Combine(images, "deeper"));
        var link = Path.Combine(_directory.Path, "link");
        Directory.CreateSymbolicLink(link, images);

        var emptied = UnitView.Of(["/var/lib", "/usr/share", link, Path.Combine(images, "deeper"), "/usr/missing"], []).Emptied;

        emptied.ShouldContain("/var");
        emptied.ShouldContain("/run");
        emptied.ShouldContain("/usr/share");
        emptied.ShouldNotContain("/var/lib");
        emptied.ShouldNotContain("/usr/missing");
        emptied.ShouldNotContain(link);
        foreach (var path in emptied)
        {
            emptied.ShouldNotContain(other => other != path && path.StartsWith(other + "/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_can_be_seen_anyway_is_not_bound() =>
        UnitView.Of([], [new UnitBind("/a", "/b")], "/usr/bin/qemu-system-x86_64", "/usr/libexec/nodeagent/nodeagent-vm").Files.ShouldBe([new UnitBind("/a", "/b")]);

    [Fact]
    public void A_program_elsewhere_comes_with_what_it_has_beside_it_and_nothing_of_its_neighbours()
    {
        var files = UnitView.Of([], [], "/opt/qemu/bin/qemu", "/root/tree/artifacts/nodeagent-vm").Files.Select(file => (file.Target, file.IgnoreMissing)).ToArray();

        files.ShouldContain(("/opt/qemu/bin/qemu", false));
        files.ShouldContain(("/opt/qemu/share/qemu", true));
        files.ShouldContain(("/opt/qemu/lib", true));
        files.ShouldContain(("/root/tree/artifacts/nodeagent-vm", false));
        files.ShouldAllBe(file => file.Target.StartsWith("/opt/qemu/") || file.Target == "/root/tree/artifacts/nodeagent-vm");
    }

    public void Dispose() => _directory.Dispose();
}
