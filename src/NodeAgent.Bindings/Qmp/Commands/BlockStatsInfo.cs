using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>query-blockstats</c>.</summary>
/// <param name="QueryNodes">True for all named nodes, false for the devices' own view.</param>
public sealed record BlockStatsArguments(bool? QueryNodes = null);

/// <summary>Counters of a disk (QAPI <c>BlockStats</c>).</summary>
/// <param name="Stats">The counters.</param>
/// <param name="Device">Name of an old style drive; empty for <c>-blockdev</c>.</param>
/// <param name="Qdev">The guest's device: its id or its path in the object tree.</param>
/// <param name="NodeName">The block node.</param>
public sealed record BlockStatsInfo(
    BlockCounters Stats, string? Device = null, string? Qdev = null, string? NodeName = null);

/// <summary>Counters since the start of QEMU (QAPI <c>BlockDeviceStats</c>). Times are in nanoseconds.</summary>
public sealed record BlockCounters
{
    /// <summary>Bytes read.</summary>
    [JsonPropertyName("rd_bytes")]
    public required long ReadBytes { get; init; }

    /// <summary>Bytes written.</summary>
    [JsonPropertyName("wr_bytes")]
    public required long WriteBytes { get; init; }

    /// <summary>Bytes discarded.</summary>
    [JsonPropertyName("unmap_bytes")]
    public long UnmapBytes { get; init; }

    /// <summary>Reads done.</summary>
    [JsonPropertyName("rd_operations")]
    public required long ReadOperations { get; init; }

    /// <summary>Writes done.</summary>
    [JsonPropertyName("wr_operations")]
    public required long WriteOperations { get; init; }

    /// <summary>Flushes done.</summary>
    [JsonPropertyName("flush_operations")]
    public required long FlushOperations { get; init; }

    /// <summary>Discards done.</summary>
    [JsonPropertyName("unmap_operations")]
    public long UnmapOperations { get; init; }

    /// <summary>Time spent in reads.</summary>
    [JsonPropertyName("rd_total_time_ns")]
    public required long ReadTimeNanoseconds { get; init; }

    /// <summary>Time spent in writes.</summary>
    [JsonPropertyName("wr_total_time_ns")]
    public required long WriteTimeNanoseconds { get; init; }

    /// <summary>Time spent in flushes.</summary>
    [JsonPropertyName("flush_total_time_ns")]
    public required long FlushTimeNanoseconds { get; init; }

    /// <summary>Reads that failed.</summary>
    [JsonPropertyName("failed_rd_operations")]
    public long FailedReadOperations { get; init; }

    /// <summary>Writes that failed.</summary>
    [JsonPropertyName("failed_wr_operations")]
    public long FailedWriteOperations { get; init; }

    /// <summary>Flushes that failed.</summary>
    [JsonPropertyName("failed_flush_operations")]
    public long FailedFlushOperations { get; init; }

    /// <summary>Highest offset ever written, in bytes: how far a growing image has come.</summary>
    [JsonPropertyName("wr_highest_offset")]
    public long WriteHighestOffset { get; init; }
}
