namespace NodeAgent.Bindings.Bus;

/// <summary>Which bus, and how patiently.</summary>
public sealed record BusOptions
{
    /// <summary>A D-Bus address such as <c>unix:path=/run/dbus/system_bus_socket</c>; <c>null</c> is the system bus.</summary>
    public string? Address { get; init; }

    /// <summary>How long a request waits for its answer. A job of systemd has a time of its own.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long connecting and authenticating may take before it is tried anew.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
