namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The VNC server (QAPI <c>VncInfo</c>). The command itself is missing in a QEMU built without VNC.</summary>
/// <param name="Enabled">Whether it listens.</param>
/// <param name="Host">Address or socket path.</param>
/// <param name="Service">Port, or the socket path again.</param>
/// <param name="Auth">How clients prove themselves, such as <c>none</c>.</param>
/// <param name="Clients">Who is connected.</param>
public sealed record VncInfo(
    bool Enabled,
    string? Host = null,
    string? Service = null,
    string? Auth = null,
    IReadOnlyList<VncClient>? Clients = null);

/// <summary>A VNC client (QAPI <c>VncClientInfo</c>).</summary>
/// <param name="Host">Its address.</param>
/// <param name="Service">Its port.</param>
public sealed record VncClient(string Host, string Service);
