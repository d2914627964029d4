namespace NodeAgent.Bindings.Qmp.Commands;

/// <content>Commands that change what the machine does.</content>
public static partial class QmpCommands
{
    /// <summary>Lets the vCPUs run; RESUME follows, or comes first.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> Cont => field ??= new("cont", null, Json.QmpEmpty);

    /// <summary>Stops the vCPUs; STOP follows, or comes first. A machine that does not run is left as it is.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> Stop => field ??= new("stop", null, Json.QmpEmpty);

    /// <summary>Presses the power button. Whether the guest shuts down is the guest's decision.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> SystemPowerdown =>
        field ??= new("system_powerdown", null, Json.QmpEmpty);

    /// <summary>Presses the reset button.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> SystemReset => field ??= new("system_reset", null, Json.QmpEmpty);

    /// <summary>Wakes a suspended guest.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> SystemWakeup => field ??= new("system_wakeup", null, Json.QmpEmpty);

    /// <summary>Sends a non-maskable interrupt to the vCPUs.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> InjectNmi => field ??= new("inject-nmi", null, Json.QmpEmpty);

    /// <summary>Ends QEMU. SHUTDOWN comes before the reply, and the reply may not come at all.</summary>
    public static QmpCommand<QmpEmpty, QmpEmpty> Quit => field ??= new("quit", null, Json.QmpEmpty);

    /// <summary>Says what QEMU does when the guest reboots, shuts down, panics or starves its watchdog.</summary>
    public static QmpCommand<SetActionArguments, QmpEmpty> SetAction =>
        field ??= new("set-action", Json.SetActionArguments, Json.QmpEmpty);

    /// <summary>Presses keys.</summary>
    public static QmpCommand<SendKeyArguments, QmpEmpty> SendKey =>
        field ??= new("send-key", Json.SendKeyArguments, Json.QmpEmpty);

    /// <summary>Writes a picture of the screen to a file.</summary>
    public static QmpCommand<ScreendumpArguments, QmpEmpty> Screendump =>
        field ??= new("screendump", Json.ScreendumpArguments, Json.QmpEmpty);

    /// <summary>Plugs or unplugs a network cable.</summary>
    public static QmpCommand<SetLinkArguments, QmpEmpty> SetLink =>
        field ??= new("set_link", Json.SetLinkArguments, Json.QmpEmpty);
}
