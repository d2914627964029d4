using NodeAgent.Cli.Output;
using NodeAgent.Cli.Values;
using NodeAgent.V1;
using Spectre.Console;

namespace NodeAgent.Cli.Vms;

/// <summary>What a table says of a VM.</summary>
internal static class VmColumns
{
    /// <summary>Title of the column that changes by itself: how long the state has lasted.</summary>
    public const string Lasting = "FOR";

    /// <summary>The columns.</summary>
    public static IReadOnlyList<Column<Vm>> For(TimeProvider time) =>
    [
        new("NAME", v => v.Name) { Shrinks = true, Room = 12 },
        new("STATE", v => State(v.Status)) { Room = 11 },
        new("VCPUS", v => $"{v.Spec?.Cpu?.Vcpus ?? 0}") { Right = true },
        new("MEMORY", v => HumanText.Size(v.Spec?.MemoryBytes ?? 0)) { Right = true, Room = 7 },
        new("ACCEL", v => Accelerator(v)),
        new("PID", v => v.Status is { Pid: > 0 } s ? $"{s.Pid}" : HumanText.None) { Right = true, Room = 7 },
        new(Lasting, v => HumanText.Age(v.Status?.StateTime, time)) { Right = true, Room = 6 },
        new("ID", v => v.Id) { Wide = true },
        new("MACHINE", v => HumanText.OrNone(v.Status?.Boot?.Machine is { Length: > 0 } m ? m : v.Spec?.Machine ?? "")) { Wide = true },
        new("CPU", v => HumanText.OrNone(v.Status?.Boot?.CpuModel is { Length: > 0 } m ? m : v.Spec?.Cpu?.Model ?? "")) { Wide = true },
        new("RESTARTS", v => $"{v.Status?.RestartCount ?? 0}") { Wide = true, Right = true },
        new("LABELS", v => HumanText.OrNone(Labels(v))) { Wide = true, Shrinks = true },
        new("REASON", Why) { Shrinks = true, Room = 14 },
    ];

    /// <summary>The state in its short form and colour.</summary>
    public static Cell State(VmStatus? status)
    {
        var state = status?.State ?? VmState.Unspecified;
        return new Cell(EnumText.Format(state), Color(state));
    }

    /// <summary>Labels as they are given on the command line.</summary>
    public static string Labels(Vm vm) => string.Join(',', vm.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    /// <summary>The accelerator in use, else the one asked for.</summary>
    public static string Accelerator(Vm vm)
    {
        var used = vm.Status?.Accelerator ?? V1.Accelerator.Unspecified;
        var shown = used != V1.Accelerator.Unspecified ? used : vm.Spec?.Accelerator ?? V1.Accelerator.Unspecified;
        return (shown == V1.Accelerator.Unspecified ? V1.Accelerator.Auto : shown).ToString().ToLowerInvariant();
    }

    // The message is for people; it is worth the room only where something is not as it should be.
    private static Cell Why(Vm vm) => vm.Status is not { } status ? ""
        : status.State is VmState.Unknown or VmState.Quarantined && status.Message.Length > 0 ? new Cell($"{status.Reason}: {status.Message}", Palette.Bad)
        : status.PendingFields.Count > 0 ? new Cell($"{status.Reason} (changes pending)", Palette.Warning)
        : status.Reason;

    private static Style Color(VmState state) => state switch
    {
        VmState.Running => Palette.Good,
        VmState.Paused => Palette.Warning,
        VmState.Starting or VmState.Stopping => Palette.Busy,
        VmState.Unknown or VmState.Quarantined => Palette.Bad,
        _ => Palette.Quiet,
    };
}
