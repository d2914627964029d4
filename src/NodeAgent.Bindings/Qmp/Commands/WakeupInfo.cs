namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>What the running machine can do (QAPI <c>CurrentMachineParams</c>).</summary>
/// <param name="WakeupSuspendSupport">Whether <c>system_wakeup</c> can wake the guest.</param>
public sealed record WakeupInfo(bool WakeupSuspendSupport);
