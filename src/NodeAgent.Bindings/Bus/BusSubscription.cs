namespace NodeAgent.Bindings.Bus;

/// <summary>
/// Somebody's standing interest in signals. All three are called on the thread of the bus, in the order of the bus, and
/// must neither wait nor throw anything but <see cref="BusException"/>.
/// </summary>
/// <param name="Sender">The well-known name that the signals must come from.</param>
/// <param name="Matches">Which signals.</param>
internal sealed record BusSubscription(string Sender, IReadOnlyList<BusMatch> Matches)
{
    /// <summary>Called anew on each connection, and for each new owner of the sender's name; its failure does not matter.</summary>
    public BusCall? Enable { get; init; }

    /// <summary>A signal came.</summary>
    public required Action<BusSignal> OnSignal { get; init; }

    /// <summary>
    /// Signals come from now on, and some may have been missed: what is asked from here on is what to build upon. Called
    /// after each connection and for each new owner of the sender's name.
    /// </summary>
    public required Action OnReset { get; init; }

    /// <summary>No signals will come any more: the bus refused a match, or the connection was disposed.</summary>
    public Action<Exception>? OnEnd { get; init; }
}
