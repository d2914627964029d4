using System.Text.Json;
using System.Text.Json.Serialization;
using NodeAgent.Hypervisor.Saves;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What the ledger keeps of a VM's last run: enough to find it again, or to say how it ended.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Run">Its process and boot contract; <c>null</c> when it never got that far.</param>
/// <param name="Exit">How it ended; <c>null</c> while it may live.</param>
internal sealed record RunRecord(Guid RunId, VmRun? Run, VmExit? Exit)
{
    /// <summary>What its CPUs did last, and since when; <c>null</c> where that is not known.</summary>
    public RunStanding? Standing { get; init; }

    /// <summary>A guest's state on disk; of this run, or of one before it that nobody went on from.</summary>
    public SavedState? Saved { get; init; }

    /// <summary>Restarts in a row after crashes; <c>null</c> where there were none.</summary>
    public RestartStanding? Restarts { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, RunRecordJson.Default.RunRecord);

    /// <summary>Reads it; <c>null</c> when it is none of ours.</summary>
    public static RunRecord? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RunRecordJson.Default.RunRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What a guest's CPUs do, and since when, so that an agent that comes back does not count anew.</summary>
/// <param name="CpusRun">Whether they run.</param>
/// <param name="Since">Since when it is so.</param>
/// <param name="Cause">Why they stand still, where they do.</param>
internal sealed record RunStanding(bool CpusRun, DateTimeOffset Since, PauseCause? Cause = null);

/// <summary>How far the restart policy has come. It outlives the agent, or a crash during the wait would be forgotten.</summary>
/// <param name="Count">Restarts in a row, the one that is due included.</param>
/// <param name="Due">When the next one is due; <c>null</c> where none is.</param>
internal sealed record RestartStanding(int Count, DateTimeOffset? Due);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
