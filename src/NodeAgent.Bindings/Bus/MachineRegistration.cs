namespace NodeAgent.Bindings.Bus;

/// <summary>A VM as machined is told of it.</summary>
/// <param name="Name">A host name: letters, digits, dashes and dots, at most 64.</param>
/// <param name="Id">Its machine id; the VM's UUID.</param>
/// <param name="LeaderPid">QEMU; its unit becomes the machine's.</param>
public sealed record MachineRegistration(string Name, Guid Id, uint LeaderPid);
