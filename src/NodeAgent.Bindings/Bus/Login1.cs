using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Bus;

/// <summary>systemd-logind, <c>org.freedesktop.login1(5)</c>: the shutdown of the host.</summary>
/// <remarks>Every member may throw <see cref="BusException"/>.</remarks>
public sealed class Login1(BusConnection bus)
{
    private const string Name = "org.freedesktop.login1";
    private const string Path = "/org/freedesktop/login1";
    private const string Interface = "org.freedesktop.login1.Manager";

    /// <summary>Delays a shutdown until the handle is closed, or logind's InhibitDelayMaxSec has passed.</summary>
    /// <param name="who">Who delays, for people.</param>
    /// <param name="why">Why, for people.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<SafeFileHandle> InhibitShutdownAsync(string who, string why, CancellationToken cancellationToken) =>
        bus.CallAsync(new BusCall(Name, Path, Interface, "Inhibit"), writer =>
        {
            writer.Text("shutdown");
            writer.Text(who);
            writer.Text(why);
            writer.Text("delay");
        }, static body => body.Descriptor(), cancellationToken);

    /// <summary>How long logind lets a shutdown be delayed.</summary>
    public async Task<TimeSpan> GetInhibitDelayMaxAsync(CancellationToken cancellationToken)
    {
        var microseconds = await bus.CallAsync(
            Property(), static writer => WriteProperty(writer, "InhibitDelayMaxUSec"), static body => body.Variant("t", static value => value.UInt64()), cancellationToken);
        return microseconds < (ulong)(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond)
            ? TimeSpan.FromMicroseconds((double)microseconds)
            : TimeSpan.MaxValue;
    }

    /// <summary>
    /// Tells when the host prepares to go down (true) and when that was called off (false). After each connection it
    /// tells how it stands, so that a shutdown under way is not missed.
    /// </summary>
    public BusStream<bool> WatchPrepareForShutdown() => bus.Watch<bool>(
        new BusMatch(Name, Interface, "PrepareForShutdown") { Path = Path },
        static body => body.Flag(),
        stream => bus.Post(new ThreadCall(
            Property(),
            static writer => WriteProperty(writer, "PreparingForShutdown"),
            body => stream.Tell(body.Variant("b", static value => value.Flag())),
            static _ => { })));

    private static BusCall Property() => new(Name, Path, "org.freedesktop.DBus.Properties", "Get");

    private static void WriteProperty(BusWriter writer, string property)
    {
        writer.Text(Interface);
        writer.Text(property);
    }
}
