using Google.Protobuf;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Values;
using NodeAgent.Cli.Yaml;
using NodeAgent.V1;

namespace NodeAgent.Cli.Vms;

/// <summary>Everything about one VM, for people.</summary>
internal static class VmPage
{
    /// <summary>Lays the page out.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="events">Its last events, oldest first.</param>
    /// <param name="time">The clock.</param>
    public static FieldList Of(Vm vm, IReadOnlyList<Event> events, TimeProvider time)
    {
        var page = new FieldList()
            .Add("Name", vm.Name)
            .Add("Id", vm.Id)
            .Add("Labels", VmColumns.Labels(vm))
            .Add("Created", HumanText.Moment(vm.CreateTime))
            .Add("Generation", $"{vm.Generation}");
        Status(page, vm, time);
        Run(page, vm);
        page.Section("Spec");
        if (vm.Spec is { } spec)
        {
            page.Verbatim(Lines(spec));
        }

        page.Section("Usage");
        Usage(page, vm.Status?.Stats, time);
        page.Section($"Events (last {events.Count})");
        page.Verbatim(events.Select(e => $"{HumanText.Moment(e.Time)}  {e.Kind}  {e.Message}"));
        return page;
    }

    private static void Status(FieldList page, Vm vm, TimeProvider time)
    {
        if (vm.Status is not { } status)
        {
            return;
        }

        page.Section("Status")
            .Add("State", VmColumns.State(status))
            .Add("For", HumanText.Age(status.StateTime, time))
            .Add("Reason", status.Reason)
            .Add("Message", status.Message)
            .Add("Operation", status.Operation)
            .AddAll("Pending until next start", status.PendingFields)
            .Add("Restarts in a row", status.RestartCount > 0 ? $"{status.RestartCount}" : "")
            .Add("Next restart", status.NextRestartTime is null ? "" : HumanText.Moment(status.NextRestartTime));
        foreach (var condition in status.Conditions)
        {
            page.Add(condition.Type, $"{condition.Status.ToString().ToLowerInvariant()} ({condition.Reason}) {condition.Message}".TrimEnd());
        }

        if (status.SavedState is { } saved)
        {
            page.Section("Saved state")
                .Add("Suspended", HumanText.Moment(saved.Time))
                .Add("By", saved.ByHost ? "the host's shutdown" : "request")
                .Add("Size", HumanText.Size(saved.SizeBytes))
                .Add("Booted from", $"generation {saved.SpecGeneration}");
        }

        if (status.Exit is { } exit)
        {
            page.Section("Last exit")
                .Add("Reason", EnumText.Format(exit.Reason))
                .Add("Message", exit.Message)
                .Add("Time", HumanText.Moment(exit.Time))
                .Add("Exit code", exit.HasExitCode ? $"{exit.ExitCode}" : "")
                .Add("Signal", exit.HasSignal ? $"{exit.Signal}" : "")
                .Add("Failed step", exit.FailedStep)
                .AddAll("Last words", exit.LastWords.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private static void Run(FieldList page, Vm vm)
    {
        if (vm.Status is not { } status)
        {
            return;
        }

        page.Section("Run")
            .Add("Process", status.Pid > 0 ? $"{status.Pid}" : "")
            .Add("Started", status.StartTime is null ? "" : HumanText.Moment(status.StartTime))
            .Add("Accelerator", status.Accelerator == Accelerator.Unspecified ? "" : $"{VmColumns.Accelerator(vm)} {Because(status.AcceleratorReason)}".TrimEnd())
            .Add("VNC socket", status.VncSocket);
        if (status.Boot is { } boot)
        {
            page.Add("QEMU", $"{boot.QemuVersion} {Because(boot.QemuBinary)}".Trim())
                .Add("Machine", boot.Machine)
                .Add("CPU model", boot.CpuModel)
                .AddAll("Devices", boot.Devices.Select(d => $"{d.Name}: {d.Driver} at {d.Address}"));
        }
    }

    private static string Because(string reason) => reason.Length == 0 ? "" : $"({reason})";

    private static void Usage(FieldList page, VmStats? stats, TimeProvider time)
    {
        if (stats is null)
        {
            return;
        }

        page.Add("Sampled", $"{HumanText.Age(stats.SampleTime, time)} ago")
            .Add("CPU time", stats.CpuTime is null ? "" : HumanText.Interval(stats.CpuTime))
            .Add("Resident memory", HumanText.Size(stats.RssBytes))
            .Add("Balloon", stats.BalloonBytes > 0 ? HumanText.Size(stats.BalloonBytes) : "")
            .AddAll("Disks", stats.Blocks.Select(b => $"{b.Name}: {HumanText.Size(b.ReadBytes)} read, {HumanText.Size(b.WrittenBytes)} written"))
            .AddAll("Networks", stats.Networks.Select(n => $"{n.Name}: {HumanText.Size(n.ReceivedBytes)} received, {HumanText.Size(n.TransmittedBytes)} sent"));
    }

    // The spec is shown as it would be written, so that what is read here can be used there.
    private static string[] Lines(VmSpec spec)
    {
        using var text = new StringWriter();
        new MessageWriter(text, KnownTypes.Registry).Write((IMessage)spec);
        return text.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
