using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>The machine itself: its type, its firmware, and what of it is switched off.</summary>
internal static class Board
{
    public static void Add(ArgumentList arguments, string machine)
    {
        var properties = $"{OptionText.Value(machine)},memory-backend={Memory.BackendId}";
        if (arguments.Family == MachineFamily.Microvm)
        {
            AddMicrovm(arguments, properties);
        }
        else
        {
            // The VMware port serves nobody here. Sleep (S3) has no verb to wake the guest, so guests are not offered it.
            arguments.Option("-machine", $"{properties},vmport=off");
            arguments.Option("-global", arguments.Family == MachineFamily.Q35 ? "ICH9-LPC.disable_s3=1" : "PIIX4_PM.disable_s3=1");
        }

        // Only what has a place in the boot order is tried: no floppy that nobody has, no disk that was left out.
        arguments.Option("-boot", "strict=on");
        arguments.Option("-rtc", "base=utc");
    }

    /// <summary>
    /// qboot by its own name: what "bios-microvm.bin" is differs between distributions. ACPI gives the guest its power
    /// button; virtio-mmio in its present form (not "legacy") is what the virtio specification describes.
    /// </summary>
    private static void AddMicrovm(ArgumentList arguments, string properties)
    {
        arguments.Option("-machine", $"{properties},acpi=on,pcie=off,usb=off,rtc=on,pit=on,pic=on,isa-serial=on,x-option-roms=off");
        arguments.Option("-bios", "qboot.rom");
        arguments.Option("-global", "virtio-mmio.force-legacy=off");
    }
}
