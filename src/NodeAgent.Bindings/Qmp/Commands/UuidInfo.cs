using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The machine's UUID (QAPI <c>UuidInfo</c>).</summary>
/// <param name="Uuid">What <c>-uuid</c> said; all zero without it.</param>
public sealed record UuidInfo([property: JsonPropertyName("UUID")] Guid Uuid);
