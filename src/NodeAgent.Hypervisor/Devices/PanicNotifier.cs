namespace NodeAgent.Hypervisor.Devices;

/// <summary>
/// pvpanic on ISA, by which a guest's kernel tells of its panic. What follows is the agent's to do: QEMU only pauses
/// (see <c>-action</c>), so that a panic while the agent was away is still to be seen when it is back.
/// </summary>
internal static class PanicNotifier
{
    private const string Name = "panic";

    // PVPANIC_IOPORT_PROP's default.
    private const int Port = 0x505;

    public static void Add(ArgumentList arguments) => arguments.Device(Name, "pvpanic", Name, DevicePlace.Isa(Port));
}
