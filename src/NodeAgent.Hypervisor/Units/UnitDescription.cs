using System.Runtime.InteropServices;
using System.Text;
using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Units;

/// <summary>The properties of a VM's transient service; systemd.service(5), systemd.kill(5), systemd.unit(5).</summary>
internal static class UnitDescription
{
    /// <summary>How long QEMU may take to flush its disks after SIGTERM, in microseconds.</summary>
    private const ulong StopTimeout = 30_000_000;

    /// <param name="request">The VM.</param>
    /// <param name="view">What it sees of the host's files.</param>
    /// <param name="door">The unit's end of the door.</param>
    /// <param name="options">What all units have in common.</param>
    public static IReadOnlyList<UnitProperty> Of(
        LaunchRequest request, UnitView view, SafeHandle door, UnitOptions options) =>
    [
        new("Description", UnitValue.Of($"Virtual machine {request.Name}")),
        new("Slice", UnitValue.Of("machine.slice")),
        new("Type", UnitValue.Of("exec")),
        new("ExecStart", UnitValue.Commands(new UnitCommand(options.Program, [options.Program, "launch"]))),

        // With full privileges: the note lies where QEMU's user may not write. What is hidden from QEMU is hidden here too.
        new("ExecStopPostEx", UnitValue.CommandsEx(
            new UnitCommand(options.Program, [options.Program, "ended", request.Directory.Unit]) { Flags = ["privileged"] })),
        new("StandardInputFileDescriptor", UnitValue.Descriptor(door)),
        new("SyslogIdentifier", UnitValue.Of("nodeagent-vm")),
        new("LogExtraFields", UnitValue.ByteLists(Field("VM_ID", request.VmId.ToString("D")), Field("VM_NAME", request.Name))),

        // Nothing of an ended run stays with systemd; what is worth knowing is in the note.
        new("CollectMode", UnitValue.Of("inactive-or-failed")),
        new("KillMode", UnitValue.Of("mixed")),
        new("TimeoutStopUSec", UnitValue.Of(StopTimeout)),
        new("OOMPolicy", UnitValue.Of("stop")),
        new("LimitNOFILE", UnitValue.Of(65536ul)),

        // At the host's end the agent goes first and takes its guests with it, each asked and in their order (see
        // HostShutdownWatch). systemd ends what is left then, or where no agent runs; network and storage go last.
        new("Before", UnitValue.Of(["nodeagentd.service"])),
        new("After", UnitValue.Of(["network.target", "remote-fs.target", "systemd-machined.service"])),
        .. UnitLimits.Properties(request.Spec, request.Boot.Accelerator),
        .. UnitSandbox.Properties(request, view),
    ];

    private static ReadOnlyMemory<byte> Field(string name, string value) => Encoding.UTF8.GetBytes($"{name}={value}");
}
