namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>KVM as this QEMU uses it (QAPI <c>KvmInfo</c>).</summary>
/// <param name="Enabled">This machine runs on KVM.</param>
/// <param name="Present">The binary was built with KVM.</param>
public sealed record KvmInfo(bool Enabled, bool Present);
