using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Rpc;

/// <summary>The installed QEMU as the contract's.</summary>
internal static class QemuWriter
{
    public static V1.QemuInfo Write(QemuProbeResult.Answered answered, bool full)
    {
        var qemu = answered.Capabilities;
        return new V1.QemuInfo
        {
            Binary = qemu.Binary,
            Version = qemu.Version,
            Package = qemu.Package,
            Accelerators = { qemu.Accelerators },
            Machines = { qemu.Machines.Select(Write) },
            CpuModels = { full ? qemu.CpuModels.Select(Write) : [] },
            Devices = { full ? qemu.Devices : [] },
            Objects = { full ? qemu.Objects : [] },
            Options = { full ? qemu.Options : [] },
            Vnc = qemu.HasVnc,
            Spice = qemu.HasSpice,
            Sandbox = qemu.HasSandbox,
            CommandCount = qemu.Commands.Length,
            Cached = answered.Cached,
            ProbeTime = qemu.ProbeTime.ToTimestamp(),
        };
    }

    private static V1.QemuMachine Write(QemuMachine machine) => new()
    {
        Name = machine.Name,
        Alias = machine.Alias ?? "",
        MaxVcpus = machine.MaxVcpus,
        IsDefault = machine.IsDefault,
        Deprecated = machine.Deprecated,
    };

    private static V1.QemuCpuModel Write(QemuCpuModel model)
    {
        var written = new V1.QemuCpuModel
        {
            Name = model.Name,
            UnavailableFeatures = { model.UnavailableFeatures },
            Deprecated = model.Deprecated,
        };
        if (model.Usable is { } usable)
        {
            written.Usable = usable;
        }

        return written;
    }
}
