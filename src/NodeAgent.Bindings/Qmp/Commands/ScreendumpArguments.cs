namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>screendump</c>.</summary>
/// <param name="Filename">File that QEMU writes, in QEMU's own view of the file system.</param>
/// <param name="Format"><c>png</c> or <c>ppm</c>.</param>
/// <param name="Device">Display device by its id; the first one when null.</param>
/// <param name="Head">Head of that device; 0 when null, and only allowed with a device.</param>
public sealed record ScreendumpArguments(string Filename, string Format = "png", string? Device = null, int? Head = null);
