using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>query-cpu-model-expansion</c>.</summary>
/// <param name="Type">How far to expand.</param>
/// <param name="Model">What to expand.</param>
public sealed record CpuModelExpansionArguments(CpuModelExpansionType Type, CpuModel Model);

/// <summary>How far a CPU model is expanded (QAPI <c>CpuModelExpansionType</c>).</summary>
[JsonConverter(typeof(OpenEnumConverter<CpuModelExpansionType>))]
public enum CpuModelExpansionType
{
    /// <summary>To a base model that never changes and the features on top of it.</summary>
    Static,

    /// <summary>To all properties.</summary>
    Full,
}

/// <summary>The result of <c>query-cpu-model-expansion</c> (QAPI <c>CpuModelExpansionInfo</c>).</summary>
/// <param name="Model">The expanded model.</param>
public sealed record CpuModelExpansion(CpuModel Model);

/// <summary>A CPU model with properties (QAPI <c>CpuModelInfo</c>).</summary>
/// <param name="Name">The model.</param>
/// <param name="Props">Its properties: booleans for features, numbers and strings for the rest.</param>
public sealed record CpuModel(string Name, IReadOnlyDictionary<string, JsonElement>? Props = null);
