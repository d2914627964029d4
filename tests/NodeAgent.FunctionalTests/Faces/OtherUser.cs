using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>Somebody else on this host (the user 65534), who may open the agent's socket and has a nodectl and a directory.</summary>
internal sealed class OtherUser
{
    private const string Nobody = "65534";

    private readonly Agent _agent;

    public OtherUser(Agent agent)
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/bin/setpriv"), "only root can be somebody else, with setpriv");
        _agent = agent;
        File.Copy(Artifacts.Nodectl, Program);
        Directory.CreateDirectory(Home);
        File.SetUnixFileMode(Home, (UnixFileMode)0x1FF);
        // The way to the socket is opened; its mode would keep this user out.
        File.SetUnixFileMode(agent.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(agent.RunDirectory, File.GetUnixFileMode(agent.RunDirectory) | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(agent.Socket, File.GetUnixFileMode(agent.Socket) | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
    }

    /// <summary>A directory that this user may write to.</summary>
    public string Home => Path.Combine(_agent.Root, "nobody");

    private string Program => Path.Combine(_agent.Root, "nodectl");

    /// <summary>Runs nodectl as this user, with something on its standard input.</summary>
    public Task<Command> TypeAsync(string input, params string[] arguments) => Command.RunAsync(
        "/usr/bin/setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", Program, "--host", $"unix:{_agent.Socket}", .. arguments], input);

    /// <summary>Runs nodectl as this user against a socket that may not be the agent's.</summary>
    public Task<Command> TryAsync(string socket) => Command.RunAsync(
        "/usr/bin/setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", Program, "--host", $"unix:{socket}", "vm", "list"]);
}
