namespace NodeAgent.Bindings.Linux;

/// <summary>
/// What tells one process from every other that had or will have its number: the number, the kernel's start
/// time and the boot. A pid alone proves nothing, because the kernel reuses it.
/// </summary>
/// <param name="Pid">Process id in the agent's namespace.</param>
/// <param name="StartTicks">Field 22 of /proc/PID/stat: clock ticks after boot at which it started.</param>
/// <param name="BootId">/proc/sys/kernel/random/boot_id.</param>
public sealed record ProcessIdentity(int Pid, long StartTicks, string BootId);
