using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>
/// The RPM's files and scripts do for guests what the DEB's do. The host is a Debian, so RPM knows nothing of what its
/// dependencies would be and is told not to ask.
/// </summary>
public sealed class RpmLifeTests
{
    private const string Tool = "/usr/bin/rpmbuild";

    [Fact]
    public async Task Two_builds_are_the_same_bytes()
    {
        Assert.SkipUnless(File.Exists(Tool), "rpm is not installed; make setup fetches it");
        using var folder = new TemporaryDirectory();

        var first = await File.ReadAllBytesAsync(await BuildAsync($"{folder.Path}/a", 1), TestContext.Current.CancellationToken);

        (await File.ReadAllBytesAsync(await BuildAsync($"{folder.Path}/b", 1), TestContext.Current.CancellationToken)).AsSpan().SequenceEqual(first).ShouldBeTrue();
    }

    [Fact]
    public async Task Guests_keep_their_processes_through_installation_upgrade_downgrade_removal_and_return()
    {
        Assert.SkipUnless(File.Exists(Tool), "rpm is not installed; make setup fetches it");
        SystemdBox.Needed();
        using var folder = new TemporaryDirectory();
        var (older, newer) = (await BuildAsync(folder.Path, 1), await BuildAsync(folder.Path, 2));
        await using var box = await SystemdBox.StartAsync();
        await box.CopyInAsync(older, "/root/older.rpm");
        await box.CopyInAsync(newer, "/root/newer.rpm");

        (await box.RunAsync("rpm --install --nodeps /root/older.rpm")).Succeeded();
        (await AgentAsync(box)).ShouldBe("0", "an installation starts nothing");
        (await box.RunAsync("systemctl enable --now nodeagentd && nodectl node get")).Succeeded();
        await box.CopyInAsync(Path.Combine(Artifacts.Guests, "tick.raw"), "/var/lib/nodeagent/images/tick.raw");
        (await box.RunAsync(
            "nodectl vm create tick --memory 32M --vcpus 1 --accel tcg --machine pc --disk path=/var/lib/nodeagent/images/tick.raw,format=raw && nodectl vm start tick")).Succeeded();
        var guest = await GuestAsync(box);
        guest.ShouldMatch(@"^\d+ \w+");
        var agent = await AgentAsync(box);

        (await box.RunAsync("rpm --upgrade --nodeps /root/newer.rpm")).Succeeded();
        (await AgentAsync(box)).ShouldNotBeOneOf(agent, "0");
        (await GuestAsync(box)).ShouldBe(guest);
        (await box.RunAsync("rpm --upgrade --oldpackage --nodeps /root/older.rpm && rpm --query nodeagent")).Succeeded().ShouldContain("-1.x86_64");
        (await GuestAsync(box)).ShouldBe(guest);

        var removed = (await box.RunAsync("rpm --erase nodeagent")).Succeeded();
        removed.ShouldContain($"process {guest.Split(' ')[0]} tick");
        (await box.RunAsync("test -e /usr/sbin/nodeagentd || test -e /run/nodeagent/api.sock")).ExitCode.ShouldBe(1);
        (await box.RunAsync("ls /var/lib/nodeagent/ledger.db")).Succeeded();

        (await box.RunAsync("rpm --install --nodeps /root/newer.rpm && systemctl enable --now nodeagentd")).Succeeded();
        (await GuestAsync(box)).ShouldBe(guest);
        (await box.RunAsync("systemctl list-units --failed --quiet")).Succeeded().ShouldBeEmpty();
    }

    // The pid that the agent has for the guest, and when that process began.
    private static async Task<string> GuestAsync(SystemdBox box) => (await box.RunAsync(
        "pid=$(nodectl vm wait tick --for running --timeout 30s -o json | sed -nE 's/.*\"pid\": *([0-9]+).*/\\1/p'); echo $pid $(ps -o lstart= -p $pid)")).Succeeded();

    private static async Task<string> AgentAsync(SystemdBox box) =>
        (await box.RunAsync("systemctl show --value --property=MainPID nodeagentd.service")).Succeeded().Trim();

    private static async Task<string> BuildAsync(string directory, int revision)
    {
        (await Command.RunAsync(Path.Combine(Artifacts.Tree, "packaging/rpm/build.sh"), [directory],
            environment: new Dictionary<string, string> { ["NODEAGENT_REVISION"] = $"{revision}", ["NODEAGENT_ZSTD"] = "1" })).Succeeded();
        return Directory.GetFiles(directory, $"nodeagent-*-{revision}.x86_64.rpm").ShouldHaveSingleItem();
    }
}
