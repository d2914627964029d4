using System.Text.Json;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>The real nodectl against a test's agent, as an operator or a script has it.</summary>
internal sealed class Nodectl(Agent agent)
{
    /// <summary>Runs it with NODECTL_HOST set to the agent's socket.</summary>
    public Task<Command> RunAsync(params string[] arguments) => TypeAsync("", arguments);

    /// <summary>As <see cref="RunAsync"/>, with something on its standard input.</summary>
    public Task<Command> TypeAsync(string input, params string[] arguments) =>
        Command.RunAsync(Artifacts.Nodectl, arguments, input, Environment(("NODECTL_HOST", $"unix:{agent.Socket}")));

    /// <summary>Runs it without an address in its environment.</summary>
    public Task<Command> RunWithoutHostAsync(params string[] arguments) =>
        Command.RunAsync(Artifacts.Nodectl, arguments, environment: Environment(("NODECTL_HOST", "")));

    /// <summary>Runs it with -o json, demands success, and reads what it printed.</summary>
    public async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var text = (await RunAsync([.. arguments, "-o", "json"])).Succeeded();
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>The state and the process that <c>vm get</c> tells.</summary>
    public async Task<(string State, int Pid)> StateAsync(string vm)
    {
        var status = (await JsonAsync("vm", "get", vm)).GetProperty("status");
        return (status.GetProperty("state").GetString()!, status.GetProperty("pid").GetInt32());
    }

    // The user's own contexts are none of a test's business.
    private Dictionary<string, string> Environment(params (string Name, string Value)[] more)
    {
        var all = new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = Path.Combine(agent.Root, "config") };
        foreach (var (name, value) in more)
        {
            all[name] = value;
        }

        return all;
    }
}
