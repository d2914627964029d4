using NodeAgent.FunctionalTests.Faces;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>
/// The RPM's files and scripts do for guests what the DEB's do. The host is a Debian, so RPM knows nothing of what its
/// dependencies would be and is told not to ask.
/// </summary>
public sealed class RpmLifeTests
{
    private const string Tool = "/usr/bin/rpmbuild";

    private static readonly string[] Guests = ["tick1", "tick2", "tick3", "tick4", "tick5"];

    [Fact]
    [Trait(Effort.Trait, Effort.WholeOnly)]
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
        var (older, newer) = (await BuildAsync(folder.Path, 1), await BuildAsync(folder.Path, 2, await NodePackages.LaterProgramsAsync()));
        await using var box = await SystemdBox.StartAsync();
        await box.CopyInAsync(older, "/root/older.rpm");
        await box.CopyInAsync(newer, "/root/newer.rpm");

        (await box.RunAsync("rpm --install --nodeps /root/older.rpm")).Succeeded();
        (await AgentAsync(box)).ShouldBe("0", "an installation starts nothing");
        (await box.RunAsync("systemctl enable --now nodeagentd && nodectl node get")).Succeeded();
        foreach (var name in Guests)
        {
            await box.CopyInAsync(Path.Combine(Artifacts.Guests, "tick.raw"), $"/var/lib/nodeagent/images/{name}.raw");
            (await box.RunAsync(
                $"nodectl vm create {name} --memory 32M --vcpus 1 --accel tcg --machine pc --disk path=/var/lib/nodeagent/images/{name}.raw,format=raw && nodectl vm start {name}")).Succeeded();
        }

        var guest = await GuestsAsync(box);
        guest.ShouldMatch(@"^(\w+ \d+ \w+ [^\n]+\n){5}$");
        var agent = await AgentAsync(box);

        (await box.RunAsync("rpm --upgrade --nodeps /root/newer.rpm")).Succeeded();
        (await AgentAsync(box)).ShouldNotBeOneOf(agent, "0");
        (await box.RunAsync("nodectl version")).Succeeded().ShouldContain(NodePackages.LaterVersion);
        (await GuestsAsync(box)).ShouldBe(guest);
        (await box.RunAsync("rpm --upgrade --oldpackage --nodeps /root/older.rpm && rpm --query nodeagent")).Succeeded().ShouldContain("-1.x86_64");
        (await GuestsAsync(box)).ShouldBe(guest);

        var removed = (await box.RunAsync("rpm --erase nodeagent")).Succeeded();
        foreach (var line in guest.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')))
        {
            removed.ShouldContain($"process {line[1]} {line[0]}");
        }

        (await box.RunAsync("test -e /usr/sbin/nodeagentd || test -e /run/nodeagent/api.sock")).ExitCode.ShouldBe(1);
        (await box.RunAsync("ls /var/lib/nodeagent/ledger.db")).Succeeded();

        (await box.RunAsync("rpm --install --nodeps /root/newer.rpm && systemctl enable --now nodeagentd")).Succeeded();
        (await GuestsAsync(box)).ShouldBe(guest);
        (await box.RunAsync("systemctl list-units --failed --quiet")).Succeeded().ShouldBeEmpty();
    }

    // A line a guest: its name, the pid that the agent has for it, and when that process began.
    private static async Task<string> GuestsAsync(SystemdBox box) => (await box.RunAsync(
        $"for guest in {string.Join(' ', Guests)}; do pid=$(nodectl vm wait $guest --for running --timeout 30s -o json | sed -nE 's/.*\"pid\": *([0-9]+).*/\\1/p'); echo $guest $pid $(ps -o lstart= -p $pid); done")).Succeeded();

    private static async Task<string> AgentAsync(SystemdBox box) =>
        (await box.RunAsync("systemctl show --value --property=MainPID nodeagentd.service")).Succeeded().Trim();

    private static async Task<string> BuildAsync(string directory, int revision, string programs = "artifacts/bin")
    {
        (await Command.RunAsync(Path.Combine(Artifacts.Tree, "packaging/rpm/build.sh"), [directory],
            environment: new Dictionary<string, string> { ["NODEAGENT_REVISION"] = $"{revision}", ["NODEAGENT_ZSTD"] = "1", ["NODEAGENT_PROGRAMS"] = programs })).Succeeded();
        return Directory.GetFiles(directory, $"nodeagent-*-{revision}.x86_64.rpm").ShouldHaveSingleItem();
    }
}
