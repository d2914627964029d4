using System.Text.Json;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;

namespace NodeAgent.Fleet;

/// <summary>
/// Tells when the host's name, address or machine id is not what it was, also over a restart: what was seen last is kept
/// in the state directory. Nothing else follows from it.
/// </summary>
/// <param name="stateDirectory">The agent's state directory.</param>
/// <param name="look">What is now.</param>
/// <param name="events">Where it is told.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where trouble is told.</param>
internal sealed partial class IdentityWatch(string stateDirectory, Func<IdentityFacts> look, FleetEvents events, TimeProvider time, ILogger<IdentityWatch> log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly string _path = Path.Combine(stateDirectory, "node-identity.json");

    /// <summary>Watches until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Look();
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        var now = look();
        var before = Read();
        if (before is not null && now.Address.Length == 0)
        {
            // A network that is down is no other address.
            now = now with { Address = before.Address };
        }

        if (now == before)
        {
            return;
        }

        if (before is not null)
        {
            Tell(before, now);
        }

        // After it was told: a kill between the two tells it twice, and the other way round it would not be told at all.
        Write(now);
    }

    private void Tell(IdentityFacts before, IdentityFacts now)
    {
        (string Name, string Word, string Before, string Now)[] all =
        [
            ("hostname", "host name", before.Hostname, now.Hostname),
            ("machine_id", "machine id", before.MachineId, now.MachineId),
            ("address", "address", before.Address, now.Address),
        ];
        var changed = all.Where(fact => fact.Before != fact.Now).ToArray();
        var message = string.Join(", ", changed.Select(fact => $"{fact.Word} '{fact.Before}' became '{fact.Now}'"));
        var isCopy = before.MachineId != now.MachineId && before.Hostname != now.Hostname
            ? " If this is a copy of another host's disk, stop the agent and remove its state directory, so that two nodes do not have one id."
            : "";
        var details = changed.SelectMany(fact => new[] { KeyValuePair.Create(fact.Name, fact.Now), KeyValuePair.Create($"{fact.Name}_before", fact.Before) })
            .ToDictionary(fact => fact.Key, fact => fact.Value);
        events.Tell(
            EventKinds.NodeIdentityChanged,
            new EventPayload($"The host is known otherwise than before: {message}. The node is the same, and VMs are not touched.{isCopy}", EventSeverity.Warning, Details: details),
            RequestContext.Agent);
        LogChanged(message);
    }

    private IdentityFacts? Read()
    {
        try
        {
            return File.Exists(_path) ? JsonSerializer.Deserialize(File.ReadAllText(_path), IdentityJson.Default.IdentityFacts) : null;
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            LogTrouble(_path, broken.Message);
            return null;
        }
    }

    private void Write(IdentityFacts facts)
    {
        try
        {
            File.WriteAllText(_path + ".new", JsonSerializer.Serialize(facts, IdentityJson.Default.IdentityFacts) + "\n");
            File.Move(_path + ".new", _path, overwrite: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            LogTrouble(_path, failed.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The host is known otherwise than before: {Changes}")]
    private partial void LogChanged(string changes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the host was known by last, {Path}, can't be read or kept: {Problem}")]
    private partial void LogTrouble(string path, string problem);
}
