namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The SPICE server (QAPI <c>SpiceInfo</c>). The command itself is missing in a QEMU built without SPICE.</summary>
/// <param name="Enabled">Whether it listens.</param>
/// <param name="Host">Its address.</param>
/// <param name="Port">Its port.</param>
/// <param name="TlsPort">Its port for TLS.</param>
/// <param name="CompiledVersion">Version of the SPICE library.</param>
public sealed record SpiceInfo(
    bool Enabled, string? Host = null, int? Port = null, int? TlsPort = null, string? CompiledVersion = null);
