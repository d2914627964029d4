namespace NodeAgent.Hypervisor.Devices;

/// <summary>virtio-balloon, by which the guest lends memory back and tells how it uses it. Not on a microvm.</summary>
internal static class Balloon
{
    private const string Name = "balloon";

    public static void Add(ArgumentList arguments) => arguments.Device(
        Name, MachineLayout.Virtio(arguments.Family, "balloon"), Name, MachineLayout.Balloon(arguments.Family));
}
