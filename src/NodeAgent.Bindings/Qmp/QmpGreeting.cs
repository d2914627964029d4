using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp;

/// <summary>What QEMU says first on every connection (QMP specification, "Server Greeting").</summary>
/// <param name="Version">The version of QEMU.</param>
/// <param name="Capabilities">Capabilities on offer; <c>oob</c> is the only one known today.</param>
public sealed record QmpGreeting(QmpVersion Version, IReadOnlyList<string> Capabilities);

/// <summary>The version of QEMU as it reports it itself (QAPI <c>VersionInfo</c>).</summary>
/// <param name="Qemu">The three numbers.</param>
/// <param name="Package">What the distributor calls its package; empty for one's own build.</param>
public sealed record QmpVersion(QmpVersionTriple Qemu, string Package)
{
    /// <summary>The numbers, and the package where there is one: <c>7.2.22 (Debian 1:7.2+dfsg-7)</c>.</summary>
    public override string ToString() => Package.Length == 0 ? $"{Qemu}" : $"{Qemu} ({Package.Trim()})";
}

/// <summary>QEMU's version numbers (QAPI <c>VersionTriple</c>).</summary>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
/// <param name="Micro">Third number.</param>
public sealed record QmpVersionTriple(int Major, int Minor, int Micro)
{
    /// <summary>The usual form, such as <c>7.2.22</c>.</summary>
    public override string ToString() => $"{Major}.{Minor}.{Micro}";
}

/// <summary>Arguments of <c>qmp_capabilities</c>.</summary>
internal sealed record CapabilitiesArguments(IReadOnlyList<string> Enable);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(QmpEmpty))]
[JsonSerializable(typeof(QmpGreeting))]
[JsonSerializable(typeof(CapabilitiesArguments))]
internal sealed partial class HandshakeJson : JsonSerializerContext;
