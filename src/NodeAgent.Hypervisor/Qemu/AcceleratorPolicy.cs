using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>Picks what executes the guest: "auto" takes what the self-test proved, and the reason is always said.</summary>
public static class AcceleratorPolicy
{
    private const string Field = "spec.accelerator";

    // Where KVM only emulates, "host" promises features that it does not have, and QEMU can abort over them.
    private const string HostModel = "host", SafeKvmModel = "qemu64", TcgModel = "max";

    /// <summary>Decides.</summary>
    /// <param name="spec">What was asked for.</param>
    /// <param name="kvm">The verdict on the host's KVM.</param>
    /// <param name="qemu">What the installed QEMU can do.</param>
    public static AcceleratorDecision Decide(VmSpec spec, KvmSuitability kvm, QemuCapabilities qemu)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(kvm);
        ArgumentNullException.ThrowIfNull(qemu);
        return spec.Accelerator switch
        {
            AcceleratorChoice.Kvm => Kvm(kvm, qemu),
            AcceleratorChoice.Tcg => Tcg("TCG was asked for", qemu),
            _ => Auto(kvm, qemu),
        };
    }

    private static AcceleratorDecision Auto(KvmSuitability kvm, QemuCapabilities qemu) => kvm.Fitness switch
    {
        KvmFitness.Fit when qemu.HasAccelerator(Accelerator.Kvm) => new AcceleratorDecision.Use(
            Accelerator.Kvm, HostModel, $"KVM passed its self-test: {kvm.Reason}"),
        KvmFitness.Fit => Tcg($"{qemu.Binary} was built without KVM", qemu),
        KvmFitness.EmulatedOnly => Tcg($"KVM here only emulates, which a 64-bit guest does not survive: {kvm.Reason}", qemu),
        _ => Tcg($"KVM is not usable: {kvm.Reason}", qemu),
    };

    private static AcceleratorDecision Kvm(KvmSuitability kvm, QemuCapabilities qemu)
    {
        if (!qemu.HasAccelerator(Accelerator.Kvm))
        {
            return Refuse($"{qemu.Binary} was built without KVM; install a QEMU with KVM, or ask for AUTO or TCG");
        }

        return kvm.Fitness switch
        {
            KvmFitness.Fit => new AcceleratorDecision.Use(Accelerator.Kvm, HostModel, "KVM was asked for"),
            KvmFitness.EmulatedOnly => new AcceleratorDecision.Use(
                Accelerator.Kvm,
                SafeKvmModel,
                "KVM was asked for",
                $"KVM here only emulates guest kernels: small 16 and 32-bit guests run slowly, a 64-bit kernel hangs ({kvm.Reason}); use AUTO or TCG for others"),
            _ => Refuse($"KVM is not usable: {kvm.Reason}; mend that, or ask for AUTO or TCG"),
        };
    }

    private static AcceleratorDecision Tcg(string reason, QemuCapabilities qemu) =>
        qemu.HasAccelerator(Accelerator.Tcg)
            ? new AcceleratorDecision.Use(Accelerator.Tcg, TcgModel, reason)
            : Refuse($"{reason}, and {qemu.Binary} was built without TCG; mend KVM, or install a QEMU with TCG");

    private static AcceleratorDecision.Refuse Refuse(string description) => new(new FieldViolation(Field, description));
}
