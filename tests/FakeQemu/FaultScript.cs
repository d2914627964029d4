using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace FakeQemu;

/// <summary>What goes wrong, or happens, at a point of the script.</summary>
internal enum FaultKind
{
    /// <summary>No reply; later commands are answered.</summary>
    Silence,

    /// <summary>The reply comes after <see cref="Fault.Milliseconds"/>; in-band commands behind it wait.</summary>
    Delay,

    /// <summary>The reply comes once there is a file <c>SCRIPT.go</c>; in-band commands behind it wait.</summary>
    Hold,

    /// <summary>Nothing is read or answered any more on this monitor.</summary>
    Stall,

    /// <summary>Replies with an error of <see cref="Fault.Class"/> and <see cref="Fault.Description"/>.</summary>
    Error,

    /// <summary>Replies as if it were done, and does nothing.</summary>
    Ignore,

    /// <summary>Sends <see cref="Fault.Text"/> as a line instead of the reply.</summary>
    Garbage,

    /// <summary>Sends a line of <see cref="Fault.Bytes"/> bytes, then the reply.</summary>
    HugeLine,

    /// <summary>Sends <see cref="Fault.Count"/> events, then the reply.</summary>
    Flood,

    /// <summary>Closes the connection; the monitor can be connected to again.</summary>
    Close,

    /// <summary>Sends half of the reply and closes the connection.</summary>
    CloseMidLine,

    /// <summary>The process exits with <see cref="Fault.Status"/>, after <see cref="Fault.Text"/> on standard error.</summary>
    Exit,

    /// <summary>The process is killed by <see cref="Fault.Signal"/>, after <see cref="Fault.Text"/> on standard error.</summary>
    Signal,

    /// <summary>The migration that the command begins fails with <see cref="Fault.Description"/>.</summary>
    MigrationFails,

    /// <summary>The migration that the command begins goes on until it is cancelled.</summary>
    MigrationHangs,

    /// <summary>After the reply and <see cref="Fault.Milliseconds"/>: the event <see cref="Fault.Event"/> with <see cref="Fault.Data"/>.</summary>
    Event,

    /// <summary>After the reply and <see cref="Fault.Milliseconds"/>: the guest shuts down by itself.</summary>
    GuestShutdown,

    /// <summary>After the reply and <see cref="Fault.Milliseconds"/>: the guest reboots by itself.</summary>
    GuestReset,

    /// <summary>After the reply and <see cref="Fault.Milliseconds"/>: the guest's kernel panics.</summary>
    GuestPanic,
}

/// <summary>
/// One line of the script. Its members can be set because the JSON source generator loses the defaults of those that
/// can only be initialised.
/// </summary>
internal sealed record Fault
{
    /// <summary>A command's name, <c>*</c> for any, <c>greeting</c>, or <c>start</c> for the start of the process.</summary>
    public required string On { get; set; }

    public required FaultKind Do { get; set; }

    /// <summary>Only for the machine of this name.</summary>
    public string? Vm { get; set; }

    /// <summary>Only on the monitor with this character device.</summary>
    public string? Monitor { get; set; }

    /// <summary>How many times it is passed over first.</summary>
    public int Skip { get; set; }

    /// <summary>How many times it happens; 0 is every time.</summary>
    public int Times { get; set; }

    public int Milliseconds { get; set; }

    public long Bytes { get; set; } = 100_000_000;

    public int Count { get; set; } = 100_000;

    public int Status { get; set; } = 1;

    public int Signal { get; set; } = 9;

    public string Class { get; set; } = "GenericError";

    public string Description { get; set; } = "refused by the script";

    public string Text { get; set; } = "this is not JSON";

    public string Event { get; set; } = "NIC_RX_FILTER_CHANGED";

    public JsonObject? Data { get; set; }
}

/// <summary>
/// The script: a JSON array of <see cref="Fault"/>, read from the file named by FAKEQEMU_SCRIPT or, when a caller
/// gives its QEMU a clean environment, from <c>fakeqemu.script.json</c> beside the program. Without either all is well.
/// Each point at which a fault was met becomes a line of the file <c>SCRIPT.met</c>, so that a test can wait for it.
/// </summary>
internal sealed class FaultScript(IReadOnlyList<Fault> faults, string? path = null)
{
    private readonly Lock _gate = new();
    private readonly int[] _seen = new int[faults.Count];

    public static FaultScript Load()
    {
        string beside = Path.Combine(AppContext.BaseDirectory, "fakeqemu.script.json");
        string? path = Environment.GetEnvironmentVariable("FAKEQEMU_SCRIPT") ?? (File.Exists(beside) ? beside : null);
        return new FaultScript(path is null
            ? []
            : JsonSerializer.Deserialize(File.ReadAllText(path), ScriptJson.Default.FaultArray) ?? [],
            path);
    }

    /// <summary>Waits until the test lets go of what it holds.</summary>
    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        while (!File.Exists(path + ".go"))
        {
            await Task.Delay(5, cancellationToken);
        }
    }

    /// <summary>The first fault that applies now.</summary>
    public Fault? Take(string point, string? vm, string? monitor)
    {
        lock (_gate)
        {
            for (int i = 0; i < faults.Count; i++)
            {
                Fault fault = faults[i];
                bool applies = (fault.On == point || (fault.On == "*" && point is not ("start" or "greeting")))
                    && (fault.Vm is null || fault.Vm == vm)
                    && (fault.Monitor is null || fault.Monitor == monitor);
                if (applies && ++_seen[i] > fault.Skip && (fault.Times == 0 || _seen[i] <= fault.Skip + fault.Times))
                {
                    if (path is not null)
                    {
                        File.AppendAllText(path + ".met", point + "\n");
                    }

                    return fault;
                }
            }

            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Fault[]))]
internal sealed partial class ScriptJson : JsonSerializerContext;
