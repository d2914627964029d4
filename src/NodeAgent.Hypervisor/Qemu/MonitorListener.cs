namespace NodeAgent.Hypervisor.Qemu;

/// <summary>Who hears from a monitor. Both are called from the monitor's own loop and must return at once.</summary>
/// <param name="OnEvent">
/// What the guest did, and when by QEMU's clock. Returns false when there is no room for it: it is offered again, and
/// meanwhile no further event is read, so that a flood ends the connection that it comes through.
/// </param>
/// <param name="OnHealth">How the monitor fares, and why.</param>
public sealed record MonitorListener(Func<GuestEvent, DateTimeOffset?, bool> OnEvent, Action<MonitorHealth, string> OnHealth);
