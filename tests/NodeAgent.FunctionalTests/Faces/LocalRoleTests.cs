using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>What a user of this host may do is what the policy says of the groups that the kernel says he is in.</summary>
public sealed class LocalRoleTests : IDisposable
{
    // Groups that every Debian has, and nobody of ours.
    private const string Games = "60", Users = "100", Nobody = "65534";

    private const int Denied = 7, NotFound = 3;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-policy-");

    private string Policy => Path.Combine(_directory.FullName, "policy.conf");

    [Fact]
    public async Task Groups_of_this_host_have_the_roles_that_the_policy_gives_them()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "only root can be somebody else, with setpriv");
        Write("group games = viewer", "group users = web-runner");
        await using var agent = await StartAsync();
        var (web, db) = (Guest.Empty("web"), Guest.Empty("db"));
        web.Labels.Add("tier", "web");
        await agent.Client.CreateAsync(web);
        await agent.Client.CreateAsync(db);

        // Whoever has no role is not even told what there is.
        (await AsAsync(agent, Nobody, "vm", "list")).ExitCode.ShouldBe(Denied);

        // A viewer sees all, and does nothing.
        (await AsAsync(agent, Games, "vm", "list", "-o", "name")).Succeeded().ShouldContain("db");
        var refused = await AsAsync(agent, Games, "vm", "start", "db");
        refused.ExitCode.ShouldBe(Denied);
        refused.Errors.ShouldContain("uid:65534(nobody) may not call VmService/StartVm");

        // A role for some VMs: others are not there.
        var seen = (await AsAsync(agent, Users, "vm", "list", "-o", "name")).Succeeded();
        seen.ShouldContain("web");
        seen.ShouldNotContain("db");
        (await AsAsync(agent, Users, "vm", "get", "db")).ExitCode.ShouldBe(NotFound);
        (await AsAsync(agent, Users, "vm", "start", "db")).ExitCode.ShouldBe(NotFound);
        (await AsAsync(agent, Users, "vm", "start", "web", "--paused")).Succeeded();
        (await AsAsync(agent, Users, "vm", "delete", "web")).ExitCode.ShouldBe(Denied);
        (await agent.Client.GetAsync("web")).Status.State.ShouldBe(VmState.Paused);
        (await agent.Client.GetAsync("db")).Status.State.ShouldBe(VmState.Stopped);
    }

    [Fact]
    public async Task Policy_that_is_changed_counts_after_a_reload_and_a_faulty_one_never()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "only root can be somebody else, with setpriv");
        Write("group games = viewer");
        await using var agent = await StartAsync();
        await agent.Client.CreateAsync(Guest.Empty("db"));
        (await AsAsync(agent, Games, "vm", "start", "db", "--paused")).ExitCode.ShouldBe(Denied);

        Write("group games = operator");
        agent.Reload();
        await agent.Client.UntilEventAsync("", "agent.reloaded");
        (await AsAsync(agent, Games, "vm", "start", "db", "--paused")).Succeeded();

        Write("group games = emperor");
        agent.Reload();
        await agent.Client.UntilEventAsync("", "agent.reload-failed");
        (await AsAsync(agent, Games, "vm", "stop", "db", "--force")).Succeeded();
    }

    public void Dispose() => _directory.Delete(recursive: true);

    // The policy that is installed, with other rules for callers on this host.
    private void Write(params string[] rules)
    {
        var installed = File.ReadAllText(Path.Combine(Artifacts.Tree, "packaging/policy.conf"));
        var roles = installed[..installed.IndexOf("\n[local]\n", StringComparison.Ordinal)];
        File.WriteAllText(Policy, $"{roles}\n[role web-runner]\nincludes = operator\nvm_labels = tier=web\n\n[local]\nuser root = admin\n{string.Join('\n', rules)}\nothers =\n");
    }

    private async Task<Agent> StartAsync()
    {
        var agent = await Agent.StartAsync(new AgentConfiguration { More = new Dictionary<string, string> { ["access"] = $"policy = {Policy}" } });
        File.Copy(Artifacts.Nodectl, Path.Combine(agent.Root, "nodectl"));

        // The way to the socket is open to everybody, so that it is the policy that decides.
        File.SetUnixFileMode(agent.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(agent.RunDirectory, File.GetUnixFileMode(agent.RunDirectory) | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(agent.Socket, File.GetUnixFileMode(agent.Socket) | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        return agent;
    }

    // As nobody with one group more than his own.
    private static Task<Command> AsAsync(Agent agent, string group, params string[] arguments) => Command.RunAsync(
        "/usr/bin/setpriv",
        ["--reuid", "65534", "--regid", Nobody, "--groups", group, Path.Combine(agent.Root, "nodectl"), .. arguments, "--host", $"unix:{agent.Socket}"],
        environment: new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = "/nonexistent", ["HOME"] = "/nonexistent" });
}
