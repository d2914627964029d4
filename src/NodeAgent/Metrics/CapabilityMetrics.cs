using NodeAgent.Health;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Host.SelfTest;
using NodeAgent.Hypervisor.Qemu;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>What the host can do: KVM by its word and by its self-test, QEMU by its own word, and the node's conditions.</summary>
internal sealed class CapabilityMetrics
{
    private readonly Gauge _verdict, _apiVersion, _slowdown, _latency, _passed, _qemu, _qemuInfo, _condition;
    private readonly ConditionBook _conditions;
    private string[]? _shown;

    public CapabilityMetrics(MetricsRegistry registry, ConditionBook conditions)
    {
        _conditions = conditions;
        var factory = registry.Factory;
        _verdict = factory.CreateGauge("nodeagent_kvm_availability", "1 for what KVM is good for here, 0 for the rest: available, nodevice, nopermission, wrongapiversion, selftestfailed, emulatedonly.", "verdict");
        _apiVersion = factory.CreateGauge("nodeagent_kvm_api_version", "The version of the KVM API; 0 where it could not be asked.");
        _passed = factory.CreateGauge("nodeagent_kvm_self_test_passed", "Whether the self-test's guest ran right, by the guest's mode in bits.", "bits");
        _slowdown = factory.CreateGauge("nodeagent_kvm_self_test_slowdown_ratio", "Time of a loop in the self-test's guest divided by its time on the host, by the guest's mode in bits.", "bits");
        _latency = factory.CreateGauge("nodeagent_kvm_exit_latency_seconds", "Median time of one exit from the self-test's guest and back, by the guest's mode in bits.", "bits");
        _qemu = factory.CreateGauge("nodeagent_qemu_available", "Whether the QEMU binary answered what it can do.");
        _qemuInfo = factory.CreateGauge("nodeagent_qemu_info", "1; the labels tell the QEMU that new VMs get.", "binary", "version", "package");
        _condition = factory.CreateGauge("nodeagent_node_condition", "1 for the status that the node's condition has (true, false, unknown), 0 for the others.", "type", "status");
    }

    public void Record(NodeFacts facts)
    {
        if (facts.Kvm is { } kvm)
        {
            Record(kvm);
        }

        if (facts.Qemu is { } qemu)
        {
            Record(qemu);
        }

        foreach (var (condition, _, _) in _conditions.Read(facts))
        {
            foreach (var status in Enum.GetValues<ConditionStatus>())
            {
                _condition.WithLabels(condition.Type, status.ToString().ToLowerInvariant()).Set(status == condition.Status ? 1 : 0);
            }
        }
    }

    private void Record(KvmFacts kvm)
    {
        foreach (var verdict in Enum.GetValues<KvmAvailability>())
        {
            _verdict.WithLabels(verdict.ToString().ToLowerInvariant()).Set(verdict == kvm.Availability ? 1 : 0);
        }

        _apiVersion.Set(kvm.ApiVersion ?? 0);
        foreach (var mode in kvm.SelfTest?.Modes ?? [])
        {
            var bits = mode.Mode switch { GuestMode.Real16 => "16", GuestMode.Protected32 => "32", _ => "64" };
            _passed.WithLabels(bits).Set(mode.Outcome is KvmModeOutcome.Passed ? 1 : 0);
            if (mode.HostRatio is { } ratio)
            {
                _slowdown.WithLabels(bits).Set(ratio);
            }

            if (mode.ExitLatency is { } latency)
            {
                _latency.WithLabels(bits).Set(latency.TotalSeconds);
            }
        }
    }

    private void Record(QemuProbeResult qemu)
    {
        _qemu.Set(qemu is QemuProbeResult.Answered ? 1 : 0);
        if (_shown is not null)
        {
            _qemuInfo.RemoveLabelled(_shown);
            _shown = null;
        }

        if (qemu is QemuProbeResult.Answered { Capabilities: var said })
        {
            _shown = [said.Binary, said.Version, said.Package];
            _qemuInfo.WithLabels(_shown).Set(1);
        }
    }
}
