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
            AcceleratorChoice.Tcg => Tcg(spec, "TCG was asked for", qemu),
            _ => Auto(spec, kvm, qemu),
        };
    }

    private static AcceleratorDecision Auto(VmSpec spec, KvmSuitability kvm, QemuCapabilities qemu) => kvm.Fitness switch
    {
        KvmFitness.Fit when qemu.HasAccelerator(Accelerator.Kvm) => new AcceleratorDecision.Use(
            Accelerator.Kvm, HostModel, $"KVM passed its self-test: {kvm.Reason}"),
        KvmFitness.Fit => Tcg(spec, $"{qemu.Binary} was built without KVM", qemu),
        KvmFitness.EmulatedOnly => Tcg(spec, $"KVM here only emulates, which a 64-bit guest does not survive: {kvm.Reason}", qemu),
        _ => Tcg(spec, $"KVM is not usable: {kvm.Reason}", qemu),
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

    private static AcceleratorDecision Tcg(VmSpec spec, string reason, QemuCapabilities qemu) =>
        qemu.HasAccelerator(Accelerator.Tcg)
            ? new AcceleratorDecision.Use(Accelerator.Tcg, TcgModel, reason, ClockWarning(spec))
            : Refuse($"{reason}, and {qemu.Binary} was built without TCG; mend KVM, or install a QEMU with TCG");

    /// <summary>
    /// A microvm has neither HPET nor ACPI timer, and its ACPI tells the guest to leave the PIT alone. Under KVM the guest
    /// has KVM's clock; under TCG it has nothing to measure its processor's clock by.
    /// </summary>
    private static string? ClockWarning(VmSpec spec) =>
        MachineName.TryGetFamily(spec.Machine, out var family) && family == MachineFamily.Microvm
            ? "a Linux guest of a microvm under TCG can hang at boot while it measures its clock; add tsc_early_khz=KHZ (the host's) to spec.kernel.cmdline, or take \"q35\" as spec.machine"
            : null;

    private static AcceleratorDecision.Refuse Refuse(string description) => new(new FieldViolation(Field, description));
}
