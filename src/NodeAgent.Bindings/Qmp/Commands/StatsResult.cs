using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>query-stats</c>, which QEMU knows since 7.1.</summary>
/// <param name="Target">Whose statistics.</param>
/// <param name="Providers">Which of them; all when null.</param>
public sealed record StatsArguments(StatsTarget Target, IReadOnlyList<StatsRequest>? Providers = null);

/// <summary>Statistics wanted of one provider (QAPI <c>StatsRequest</c>).</summary>
/// <param name="Provider">The provider, <c>kvm</c>.</param>
/// <param name="Names">The kernel's names of the statistics.</param>
public sealed record StatsRequest(string Provider, IReadOnlyList<string> Names);

/// <summary>What statistics are about (QAPI <c>StatsTarget</c>).</summary>
[JsonConverter(typeof(OpenEnumConverter<StatsTarget>))]
public enum StatsTarget
{
    /// <summary>The machine.</summary>
    Vm,

    /// <summary>Each vCPU.</summary>
    Vcpu,
}

/// <summary>Statistics of one provider about one object (QAPI <c>StatsResult</c>).</summary>
/// <param name="Provider">Who counts; <c>kvm</c> is the only one in QEMU 7.2.</param>
/// <param name="Stats">The statistics.</param>
/// <param name="QomPath">The vCPU; null for the machine.</param>
public sealed record StatsResult(string Provider, IReadOnlyList<Stat> Stats, string? QomPath = null);

/// <summary>One statistic (QAPI <c>Stats</c>).</summary>
/// <param name="Name">The kernel's name for it, such as <c>exits</c>.</param>
/// <param name="Value">Its value.</param>
public sealed record Stat(string Name, StatValue Value);
