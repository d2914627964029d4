namespace NodeAgent.Bindings.Bus;

/// <summary>How a <see cref="BusConnection"/> stands.</summary>
public enum BusLink
{
    /// <summary>Not connected; it is being tried anew.</summary>
    Disconnected,

    /// <summary>Connected. What happened meanwhile was missed: ask for the state.</summary>
    Connected,
}
