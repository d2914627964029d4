using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;

namespace NodeAgent.Fleet;

/// <summary>
/// Puts on record that the manager is there, or is not. At most once in a while, however often a connection breaks; how it
/// stands in the end is always told.
/// </summary>
internal sealed class ManagerWatch(SessionBoard board, FleetEvents events, TimeProvider time)
{
    /// <summary>The time between two of these events.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private bool _told;

    /// <summary>Watches until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = board.Changed;
            var now = board.Now;
            if (now.IsConnected == _told)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            _told = now.IsConnected;
            Tell(now);
            await Task.Delay(Rest, time, cancellationToken);
        }
    }

    private void Tell(SessionStanding now)
    {
        if (now.IsConnected)
        {
            events.Tell(
                EventKinds.FleetManagerConnected,
                new EventPayload($"A session with the manager {now.ManagerId} at {now.Endpoint} is open.", Details: new Dictionary<string, string> { ["manager"] = now.ManagerId, ["endpoint"] = now.Endpoint }),
                RequestContext.Agent);
            return;
        }

        events.Tell(
            EventKinds.FleetManagerLost,
            new EventPayload(
                $"There is no session with the manager{(now.Problem.Length > 0 ? $": {now.Problem}" : ".")} Guests run on.", EventSeverity.Warning,
                Details: new Dictionary<string, string> { ["endpoint"] = now.Endpoint, ["since"] = $"{now.Since:u}" }),
            RequestContext.Agent);
    }
}
