namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>set-action</c>, in QEMU's own words; null leaves an action as it is.</summary>
/// <param name="Reboot"><c>reset</c> or <c>shutdown</c>.</param>
/// <param name="Shutdown"><c>poweroff</c> or <c>pause</c>.</param>
/// <param name="Panic"><c>pause</c>, <c>shutdown</c>, <c>exit-failure</c> or <c>none</c>.</param>
/// <param name="Watchdog"><c>reset</c>, <c>shutdown</c>, <c>poweroff</c>, <c>pause</c>, <c>debug</c>, <c>none</c> or <c>inject-nmi</c>.</param>
public sealed record SetActionArguments(
    string? Reboot = null, string? Shutdown = null, string? Panic = null, string? Watchdog = null);
