using System.Text.Json;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Guests;

/// <summary>
/// A QEMU that fails on request: a copy of its own beside its script, so that an agent can be given it as its binary and
/// the script changed between two starts.
/// </summary>
internal sealed class FakeQemu : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nodeagent-fake-").FullName;

    public FakeQemu()
    {
        File.Copy(Artifacts.FakeQemu, Binary);
        Play();
    }

    public string Binary => Path.Combine(_directory, "fakeqemu");

    public AgentConfiguration Configuration => new() { QemuBinary = Binary, CommandTimeout = "1s", StartTimeout = "2s" };

    /// <summary>Replaces the script; processes that run already keep theirs.</summary>
    public void Play(params object[] faults)
    {
        var script = Path.Combine(_directory, "fakeqemu.script.json");
        File.WriteAllText(script + ".new", JsonSerializer.Serialize(faults));
        File.Move(script + ".new", script, overwrite: true);
    }

    /// <summary>Waits until a fault was met at this point of the script.</summary>
    public async Task UntilMetAsync(string point)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var met = Path.Combine(_directory, "fakeqemu.script.json.met");
        while (!File.Exists(met) || !(await File.ReadAllLinesAsync(met, limit.Token)).Contains(point))
        {
            await Task.Delay(10, limit.Token);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
