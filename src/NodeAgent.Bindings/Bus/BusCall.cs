namespace NodeAgent.Bindings.Bus;

/// <summary>A method on the bus.</summary>
internal sealed record BusCall(string Destination, string Path, string Interface, string Member)
{
    public const string DaemonName = "org.freedesktop.DBus";

    /// <summary>A method of the bus itself.</summary>
    public static BusCall OfDaemon(string member) => new(DaemonName, "/org/freedesktop/DBus", DaemonName, member);

    public override string ToString() => $"{Interface}.{Member}";
}
