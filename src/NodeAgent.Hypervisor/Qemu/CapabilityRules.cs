using System.Collections.Immutable;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>Judges a spec by what the installed QEMU said it can do, so that a refusal names a field and not an exit code.</summary>
internal static class CapabilityRules
{
    // Older than the hosts of today in all they ask for, but each names a feature of the other vendor. QEMU leaves it out.
    private static readonly string[] Tolerated = ["qemu64", "qemu32"];

    public static ImmutableArray<FieldViolation> Check(BootContract boot, VmSpec spec, QemuCapabilities qemu)
    {
        var violations = ImmutableArray.CreateBuilder<FieldViolation>();
        CheckMachine(spec, qemu, violations);
        if (spec.Cpu.Model is { } model)
        {
            CheckModel(model, boot.Accelerator, qemu, violations);
        }

        if (spec.NetworkInterfaces.Length > 0 && !qemu.NetworkBackends.IsEmpty && !qemu.NetworkBackends.Contains("user"))
        {
            Add("spec.network_interfaces", $"{qemu.Binary} was built without user-mode networking; remove the interfaces, or install a QEMU with slirp");
        }

        if (spec.Display is { Vnc: true } && !qemu.HasVnc)
        {
            Add("spec.display.vnc", $"{qemu.Binary} was built without VNC; leave it out, or install a QEMU with VNC");
        }

        foreach (var device in boot.Devices.Where(device => !qemu.HasDevice(device.Driver)))
        {
            Add(FieldOf(device, spec), $"{qemu.Binary} has no device '{device.Driver}'; leave '{device.Name}' out, or install the package of QEMU that has it");
        }

        return violations.ToImmutable();

        void Add(string field, string description) => violations.Add(new FieldViolation(field, description));
    }

    private static void CheckMachine(VmSpec spec, QemuCapabilities qemu, ImmutableArray<FieldViolation>.Builder violations)
    {
        if (qemu.FindMachine(spec.Machine) is not { } machine)
        {
            var known = string.Join(", ", qemu.Machines.Select(m => m.Alias ?? m.Name).Where(n => n is "q35" or "pc" or "microvm").Distinct());
            violations.Add(new FieldViolation("spec.machine", $"{qemu.Binary} {qemu.Version} has no machine '{spec.Machine}'; it has {known} and their versions"));
        }
        else if (spec.Cpu.Vcpus > machine.MaxVcpus)
        {
            violations.Add(new FieldViolation("spec.cpu.vcpus", $"{spec.Cpu.Vcpus} is more than {machine.Name} takes; give at most {machine.MaxVcpus}"));
        }
    }

    private static void CheckModel(
        string name, Accelerator accelerator, QemuCapabilities qemu, ImmutableArray<FieldViolation>.Builder violations)
    {
        const string Field = "spec.cpu.model";
        if (qemu.FindCpuModel(name) is not { } model)
        {
            violations.Add(new FieldViolation(Field, $"{qemu.Binary} {qemu.Version} has no CPU model '{name}'; take one of the node's list, or leave it empty"));
        }
        else if (accelerator == Accelerator.Tcg && name == "host")
        {
            violations.Add(new FieldViolation(Field, "\"host\" is for KVM, and this VM runs under TCG; take \"max\", or leave it empty"));
        }
        else if (accelerator == Accelerator.Kvm && model.Usable == false && !Tolerated.Contains(name))
        {
            violations.Add(new FieldViolation(
                Field,
                $"'{name}' cannot run here under KVM, because the host lacks {string.Join(", ", model.UnavailableFeatures)}; take a model that the node calls usable, or leave it empty"));
        }
    }

    private static string FieldOf(DeviceAddress device, VmSpec spec) => device.Name switch
    {
        "rng" or "balloon" or "watchdog" or "console" or "display" => $"spec.{device.Name}",
        _ when spec.Disks.Any(disk => disk.Name == device.Name) => "spec.disks",
        _ when spec.NetworkInterfaces.Any(network => network.Name == device.Name) => "spec.network_interfaces",
        _ => "spec.machine",
    };
}
