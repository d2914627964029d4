using NodeAgent.Cli.Invocation;

namespace NodeAgent.Cli.Vms;

/// <summary>The commands about VMs; a new one is a file and a line here.</summary>
internal static class VmNoun
{
    /// <summary>The noun with its verbs.</summary>
    public static Noun Noun { get; } = new("vm", "Virtual machines.",
    [
        new("create", "Record new VMs.", VmCreate.Describe),
        new("get", "Show VMs.", VmGet.Describe),
        new("list", "List all VMs.", VmList.Describe),
        new("describe", "Show everything about a VM.", VmDescribe.Describe),
        new("start", "Start VMs.", VmStart.Describe),
        new("shutdown", "Ask guests to shut down, and wait.", VmShutdown.Describe),
        new("stop", "Stop VMs without asking the guest.", VmStop.Describe),
        new("reboot", "Ask guests to shut down, and start them again in the same process.", VmReboot.Describe),
        new("reset", "Press the reset button of VMs.", VmReset.Describe),
        new("pause", "Let the CPUs of VMs stand still.", VmPause.Describe),
        new("suspend", "Save VMs to disk and stop them; their next start goes on from there.", VmSuspend.Describe),
        new("resume", "Let the CPUs of paused VMs go on.", VmResume.Describe),
        new("update", "Change VMs.", VmUpdate.Describe),
        new("edit", "Change a VM in an editor.", VmEdit.Describe),
        new("delete", "Forget stopped VMs; their disks stay.", VmDelete.Describe),
        new("watch", "Show VMs and every change of them.", VmWatch.Describe),
        new("wait", "Wait until a VM is in some state.", VmWait.Describe),
        new("console", "Attach to a VM's serial console.", VmConsole.Describe),
        new("display", "Let a VNC viewer connect to a VM's display.", VmDisplay.Describe),
        new("ticket", "Make a ticket that opens a VM's console or display once, for anybody.", VmTicket.Describe),
        new("logs", "Show what was kept of a VM's serial console.", VmLogs.Describe),
        new("screenshot", "Take a picture of a VM's display.", VmScreenshot.Describe),
        new("send-key", "Press keys on a VM's keyboard.", VmSendKey.Describe),
        new("nmi", "Inject a non-maskable interrupt into a guest.", VmNmi.Describe),
        new("argv", "Show the QEMU command line that a start would use.", VmArgv.Describe),
    ]);
}
