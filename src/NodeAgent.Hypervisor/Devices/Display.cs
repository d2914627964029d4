namespace NodeAgent.Hypervisor.Devices;

/// <summary>A VGA card, shown by VNC on a unix socket; the directory decides who may open it. Not on a microvm.</summary>
internal static class Display
{
    private const string Name = "display";

    public static void Add(ArgumentList arguments, string socket)
    {
        // With its key said: without it, an equals sign in the path would end a key.
        arguments.Option("-vnc", $"vnc=unix:{OptionText.Value(socket)}");
        arguments.Device(Name, "VGA", Name, MachineLayout.Display(arguments.Family));
    }
}
