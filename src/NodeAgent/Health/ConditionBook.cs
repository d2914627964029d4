using System.Collections.Immutable;
using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Units;

namespace NodeAgent.Health;

/// <summary>All conditions of the node, the floor's and the agent's own, and since when each is as it is.</summary>
/// <param name="standing">How the floor below stands.</param>
/// <param name="reloader">The configuration.</param>
/// <param name="remote">The node's certificate; <c>null</c> where there is nothing to say.</param>
/// <param name="time">The clock.</param>
internal sealed class ConditionBook(
    Func<NodeStanding> standing, Reloader reloader, Func<DateTimeOffset, (NodeCondition Condition, ConditionSeverity Severity)?> remote, TimeProvider time)
{
    private const string LedgerWritable = "LedgerWritable", LedgerWhole = "LedgerWhole", QemuReady = "QemuReady", KvmOpenToGuests = "KvmOpenToGuests", ConfigurationInForce = "ConfigurationInForce";
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ConditionStatus Status, DateTimeOffset Since)> _since = [];

    /// <summary>The conditions now.</summary>
    public ImmutableArray<(NodeCondition Condition, ConditionSeverity Severity, DateTimeOffset Since)> Read(NodeFacts facts)
    {
        List<(NodeCondition Condition, ConditionSeverity Severity)> all =
            facts.Kvm is { } kvm ? [.. NodeConditions.Of(facts.Host, kvm).Select(condition => (condition, condition.Severity))] : [];
        if (facts.Qemu is { } qemu)
        {
            all.Add(OfQemu(qemu));
            if (qemu is QemuProbeResult.Answered { Capabilities: var said })
            {
                all.Add(GuestConditions.OfSandbox(said));
            }
        }

        var now = standing();
        all.Add(GuestConditions.OfLoopback(unitsConfine: now.KvmAccess is not null));
        all.Add(OfLedger(now.Ledger));
        all.Add(OfDamage(now.Damage));
        if (facts.Kvm is { Availability: not (KvmAvailability.NoDevice or KvmAvailability.NotAsked) })
        {
            // Without a device KvmReady says all there is to say.
            all.Add(OfKvmAccess(now.KvmAccess));
        }

        if (now.IsSimulated)
        {
            all.Add(ServiceConditions.Simulated);
        }

        all.Add(ServiceConditions.Of(now.Gate));
        all.Add(ServiceConditions.Of(now.Shutdown, now.ShutdownTimeout));
        all.Add(OfConfiguration(reloader.Last));
        if (remote(time.GetUtcNow()) is { } certificate)
        {
            all.Add(certificate);
        }

        lock (_gate)
        {
            return [.. all.Select(one => (one.Condition, one.Severity, Since(one.Condition)))];
        }
    }

    private DateTimeOffset Since(NodeCondition condition)
    {
        if (!_since.TryGetValue(condition.Type, out var known) || known.Status != condition.Status)
        {
            _since[condition.Type] = known = (condition.Status, time.GetUtcNow());
        }

        return known.Since;
    }

    private static (NodeCondition Condition, ConditionSeverity Severity) OfQemu(QemuProbeResult qemu) => qemu switch
    {
        QemuProbeResult.Answered { Capabilities: var said } => (
            new NodeCondition(QemuReady, ConditionStatus.True, "QemuAnswered", $"QEMU {said.Version} at {said.Binary} answered what it can do.", ""),
            ConditionSeverity.Info),
        QemuProbeResult.Failed failed => (
            new NodeCondition(QemuReady, ConditionStatus.False, $"Qemu{failed.Reason}", failed.Message, "Install QEMU (Debian: qemu-system-x86), or set [qemu] binary; then call RefreshNode or restart the agent."),
            ConditionSeverity.Error),
        _ => throw new ArgumentOutOfRangeException(nameof(qemu)),
    };

    // Apart from KvmReady, which tells what KVM is worth to whoever may open it.
    private static (NodeCondition Condition, ConditionSeverity Severity) OfKvmAccess(DeviceAccess? access) => access switch
    {
        { Problem: { } problem } => (
            new NodeCondition(KvmOpenToGuests, ConditionStatus.False, "KvmDeviceClosed", $"Guests on KVM cannot be started: {problem}.", access.Remedy),
            ConditionSeverity.Error),
        null => (
            new NodeCondition(KvmOpenToGuests, ConditionStatus.True, "GuestsRunAsAgent", "Guests run with the agent's own rights, which open KVM's device.", ""),
            ConditionSeverity.Info),
        _ => (
            new NodeCondition(KvmOpenToGuests, ConditionStatus.True, "KvmDeviceOpen", "The users that guests run as can open KVM's device.", ""),
            ConditionSeverity.Info),
    };

    private static (NodeCondition Condition, ConditionSeverity Severity) OfLedger(LedgerHealth health) => health.State switch
    {
        LedgerState.Ok => (new NodeCondition(LedgerWritable, ConditionStatus.True, "LedgerWritten", "What is asked for becomes durable.", ""), ConditionSeverity.Info),
        LedgerState.Full => Bad("LedgerDiskFull", "No space is left for the ledger: changes are refused, guests run on.", "Free space where the state directory lies; the agent goes on by itself."),
        LedgerState.Failing => Bad("LedgerDiskFailing", $"The disk does not take the ledger's writes: {health.Detail}", "Mend the disk of the state directory; the agent goes on by itself if the disk does."),
        LedgerState.Damaged => Bad("LedgerDamaged", $"The ledger was found damaged: {health.Detail}", "Restart the agent: it sets the file aside and salvages what can be read. Guests run on."),
        _ => throw new ArgumentOutOfRangeException(nameof(health)),
    };

    // Stands until the next start of the agent: what was lost does not come back by itself.
    private static (NodeCondition Condition, ConditionSeverity Severity) OfDamage(LedgerDamage? damage) => damage is null
        ? (new NodeCondition(LedgerWhole, ConditionStatus.True, "LedgerIntact", "The ledger was whole when the agent started.", ""), ConditionSeverity.Info)
        : (new NodeCondition(
            LedgerWhole, ConditionStatus.False, "LedgerSalvaged",
            $"The ledger was found damaged and made anew of what could be read{(damage.KeptAs is null ? "" : $"; the damaged file is kept as {damage.KeptAs}")}: {string.Join("; ", damage.Findings)}.",
            "Look at the VMs in quarantine and create anew those that are missing; the event ledger.salvaged counts what was carried over."),
            ConditionSeverity.Warning);

    private static (NodeCondition Condition, ConditionSeverity Severity) OfConfiguration(ReloadOutcome? outcome) => outcome switch
    {
        { IsGood: false } => (
            new NodeCondition(ConfigurationInForce, ConditionStatus.False, "ConfigurationFaulty", outcome.Summary, "Mend the file and send SIGHUP; nodeagentd --validate lists every fault."),
            ConditionSeverity.Warning),
        { Pending.IsEmpty: false } => (
            new NodeCondition(ConfigurationInForce, ConditionStatus.False, "RestartPending", outcome.Summary, "Restart the agent; guests run on."),
            ConditionSeverity.Info),
        _ => (new NodeCondition(ConfigurationInForce, ConditionStatus.True, "ConfigurationRead", "The configuration is in force.", ""), ConditionSeverity.Info),
    };

    private static (NodeCondition Condition, ConditionSeverity Severity) Bad(string reason, string message, string remedy) =>
        (new NodeCondition(LedgerWritable, ConditionStatus.False, reason, message, remedy), ConditionSeverity.Error);
}
