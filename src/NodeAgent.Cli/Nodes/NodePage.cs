using NodeAgent.Cli.Output;
using NodeAgent.Cli.Values;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary>Everything about the node, for people.</summary>
internal static class NodePage
{
    /// <summary>Lays the page out.</summary>
    /// <param name="node">The node.</param>
    /// <param name="full">Whether the long lists belong to it.</param>
    /// <param name="time">The clock.</param>
    public static FieldList Of(Node node, bool full, TimeProvider time)
    {
        var page = new FieldList()
            .Add("Hostname", node.Hostname)
            .Add("Id", node.Id)
            .Add("OS", node.Os)
            .Add("Kernel", node.Kernel)
            .Add("Booted", node.BootTime is null ? "" : $"{HumanText.Moment(node.BootTime)} ({HumanText.Age(node.BootTime, time)} ago)");
        Maintenance(page, node.Maintenance, time);
        Agent(page, node.Agent, time);
        Hardware(page, node);
        Kvm(page, node.Kvm, full);
        Qemu(page, node.Qemu, full);
        if (full)
        {
            page.Section("PCI devices");
            page.Verbatim(node.PciDevices.Select(Pci));
        }

        page.Section("Conditions");
        foreach (var condition in node.Conditions)
        {
            var mark = ConditionMark.Of(condition);
            page.Add(condition.Type, new Cell($"{mark.Symbol} {condition.Reason}: {condition.Message}", mark.Style));
        }

        return page;
    }

    private static void Maintenance(FieldList page, Maintenance? maintenance, TimeProvider time)
    {
        if (maintenance is not { Active: true })
        {
            return;
        }

        page.Section("Maintenance")
            .Add("Since", $"{HumanText.Moment(maintenance.EnterTime)} ({HumanText.Age(maintenance.EnterTime, time)} ago), by {maintenance.Caller}")
            .Add("Reason", maintenance.Reason)
            .AddAll("Still there", maintenance.Remaining.Select(vm => $"{vm.Name}: {vm.Why}"));
    }

    private static void Agent(FieldList page, AgentInfo? agent, TimeProvider time)
    {
        if (agent is null)
        {
            return;
        }

        page.Section("Agent")
            .Add("Version", agent.Version)
            .Add("Process", $"{agent.Pid}, up {HumanText.Age(agent.StartTime, time)}, start number {agent.Epoch}")
            .Add("State", agent.StateDir)
            .Add("Run", agent.RunDir)
            .Add("Launcher", agent.Launcher);
        if (agent.Recovery is { } recovery)
        {
            page.Add(
                "Recovery",
                $"{(recovery.Done ? "done" : "under way")}: {recovery.Adopted} adopted, {recovery.Stopped} found stopped, "
                + $"{recovery.Quarantined} quarantined, {recovery.OperationsSettled} operations settled in {HumanText.Interval(recovery.Duration)}");
        }
    }

    private static void Hardware(FieldList page, Node node)
    {
        page.Section("Hardware");
        if (node.Cpu is { } cpu)
        {
            page.Add("CPU", cpu.Model)
                .Add("Topology", $"{cpu.Sockets} sockets, {cpu.Cores} cores, {cpu.Logical} logical CPUs")
                .Add("Microcode", cpu.Microcode);
        }

        if (node.Memory is { } memory)
        {
            page.Add("Memory", $"{HumanText.Size(memory.AvailableBytes)} of {HumanText.Size(memory.TotalBytes)} available")
                .Add("Swap", memory.SwapTotalBytes > 0 ? $"{HumanText.Size(memory.SwapFreeBytes)} of {HumanText.Size(memory.SwapTotalBytes)} free" : "");
        }

        page.AddAll("NUMA", node.NumaNodes.Select(n =>
            $"node {n.Id}: {n.Cpus.Count} CPUs, {HumanText.Size(n.MemoryFreeBytes)} of {HumanText.Size(n.MemoryTotalBytes)} free, distances {string.Join(' ', n.Distances)}"));
        page.AddAll("Hugepages", node.Hugepages.Select(h => $"{HumanText.Size(h.PageSizeBytes)}: {h.Free} of {h.Total} free, {h.Reserved} reserved"));
    }

    private static void Kvm(FieldList page, KvmInfo? kvm, bool full)
    {
        if (kvm is null)
        {
            return;
        }

        page.Section("KVM")
            .Add("Device", $"{kvm.Device}, {(kvm.Available ? $"API version {kvm.ApiVersion}" : "not usable")}");
        if (kvm.Available)
        {
            page.Add("Limits", $"{kvm.RecommendedVcpus} vCPUs recommended, {kvm.MaxVcpus} at most, {kvm.MemorySlots} memory slots")
                .Add("Nested", kvm.Nested ? $"yes, {HumanText.Size(kvm.NestedStateBytes)} of state" : "no");
        }

        if (kvm.SelfTest is { } test)
        {
            page.Add("Self-test", $"{EnumText.Format(test.Verdict)}: {test.Reason}")
                .AddAll("Runs", test.Runs.Select(r => $"{r.Bits}-bit: {(r.Passed ? "passed" : "failed")}, {r.Slowdown:0.##} × the host's time, exit {HumanText.Interval(r.ExitLatency)} {r.Message}".TrimEnd()));
        }

        if (full)
        {
            page.AddAll("Extensions", kvm.Extensions.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key} = {e.Value}"))
                .Add("CPUID features", string.Join(' ', kvm.CpuidFeatures))
                .AddAll("MSR features", kvm.MsrFeatures.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key} = 0x{m.Value:x}"));
        }
    }

    private static void Qemu(FieldList page, QemuInfo? qemu, bool full)
    {
        if (qemu is null)
        {
            return;
        }

        page.Section("QEMU")
            .Add("Binary", qemu.Binary)
            .Add("Version", $"{qemu.Version} {qemu.Package}".Trim())
            .Add("Accelerators", string.Join(' ', qemu.Accelerators))
            .Add("Default machine", qemu.Machines.FirstOrDefault(m => m.IsDefault)?.Name ?? "")
            .Add("Display", string.Join(' ', new[] { qemu.Vnc ? "vnc" : "", qemu.Spice ? "spice" : "" }.Where(d => d.Length > 0)))
            .Add("Sandbox", qemu.Sandbox ? "yes" : "no")
            .Add("Probed", $"{HumanText.Moment(qemu.ProbeTime)}{(qemu.Cached ? ", from the cache" : "")}");
        if (full)
        {
            page.AddAll("Machines", qemu.Machines.Select(m => $"{m.Name}{(m.Alias.Length > 0 ? $" ({m.Alias})" : "")}, {m.MaxVcpus} vCPUs at most{(m.Deprecated ? ", deprecated" : "")}"))
                .AddAll("CPU models", qemu.CpuModels.Select(Model))
                .Add("Devices", string.Join(' ', qemu.Devices))
                .Add("Objects", string.Join(' ', qemu.Objects));
        }
    }

    private static string Model(QemuCpuModel model) =>
        model.Name + (!model.HasUsable ? "" : model.Usable ? ": usable" : $": not usable, lacks {string.Join(' ', model.UnavailableFeatures)}");

    private static string Pci(PciDevice device) =>
        $"{device.Address}  {device.VendorId}:{device.DeviceId}  class {device.ClassCode}"
        + (device.Driver.Length > 0 ? $"  {device.Driver}" : "")
        + (device.HasNumaNode ? $"  NUMA node {device.NumaNode}" : "")
        + (device.HasIommuGroup ? $"  IOMMU group {device.IommuGroup}" : "");
}
