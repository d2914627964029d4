namespace NodeAgent.Hypervisor.Qemu;

/// <summary>Who hears from a monitor. Both are called from the monitor's own loop and must return at once.</summary>
/// <param name="OnEvent">What the guest did, and when by QEMU's clock.</param>
/// <param name="OnHealth">How the monitor fares, and why.</param>
public sealed record MonitorListener(Action<GuestEvent, DateTimeOffset?> OnEvent, Action<MonitorHealth, string> OnHealth);
