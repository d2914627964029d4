namespace NodeAgent.Hypervisor.Devices;

/// <summary>Where a device sits in the guest; the same at every start of the same spec.</summary>
/// <param name="Name">The name in the spec, or of a device that VMs have anyway: "rng", "balloon", "port0", …</param>
/// <param name="DeviceId">QEMU's id for it; empty for a device of the board, which has none.</param>
/// <param name="Driver">QEMU's type: "virtio-blk-pci".</param>
/// <param name="Address">Bus and place: "pcie.0/02.0", "port0/00.0", "virtio-mmio-bus.3", "isa/0x3f8".</param>
public sealed record DeviceAddress(string Name, string DeviceId, string Driver, string Address);
