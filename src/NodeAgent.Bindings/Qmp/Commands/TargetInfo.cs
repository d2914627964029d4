namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>What the binary emulates (QAPI <c>TargetInfo</c>).</summary>
/// <param name="Arch">The architecture, such as <c>x86_64</c>.</param>
public sealed record TargetInfo(string Arch);
