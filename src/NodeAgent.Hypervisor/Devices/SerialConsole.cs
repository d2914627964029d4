using System.Text.Json.Nodes;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>The first serial port, on a socket that the agent is connected to before QEMU starts.</summary>
internal static class SerialConsole
{
    private const string Name = "console", Channel = "console", Driver = "isa-serial";
    private const int Port = 0x3f8;

    public static void Add(ArgumentList arguments, int descriptor)
    {
        arguments.Option("-chardev", $"socket,id={Channel},fd={descriptor},server=on,wait=off");
        var place = DevicePlace.Isa(Port);
        if (arguments.Family == MachineFamily.Microvm)
        {
            // The board has the port already and describes it to the guest; it only wants the other end.
            arguments.Option("-serial", $"chardev:{Channel}");
            arguments.Record(Name, "", Driver, place.Address);
        }
        else
        {
            arguments.Device(Name, Driver, Name, place, new JsonObject { ["chardev"] = Channel, ["index"] = 0 });
        }
    }
}
